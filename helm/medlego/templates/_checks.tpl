{{/* Settings that contradict each other, said before anything is installed. */}}
{{- define "medlego.checks" -}}
{{- $v := .Values }}
{{- if and $v.auth.enabled (not $v.auth.tokens.existingSecret) (not $v.auth.oidc.issuer) }}
{{- fail "auth: expected auth.tokens.existingSecret or auth.oidc.issuer, or auth.enabled=false where everybody who reaches the services may do everything" }}
{{- end }}
{{- if and $v.auth.enabled (eq $v.jobs.runner "kubernetes") (not $v.auth.jobToken.existingSecret) }}
{{- fail "auth.jobToken.existingSecret: expected a Secret with the token that Jobs report with, since auth.enabled is true" }}
{{- end }}
{{- if and $v.auth.enabled $v.tests.model (not $v.tests.token.existingSecret) }}
{{- fail "tests.token.existingSecret: expected a Secret with a token of scope predict, since tests.model is set and auth.enabled is true" }}
{{- end }}
{{- if and $v.tls.enabled (not $v.tls.existingSecret) (not $v.tls.certManager.enabled) }}
{{- fail "tls: expected tls.existingSecret or tls.certManager.enabled, since tls.enabled is true" }}
{{- end }}
{{- if and $v.tls.certManager.enabled (not $v.tls.certManager.issuerRef.name) }}
{{- fail "tls.certManager.issuerRef.name: expected the name of an Issuer, since tls.certManager.enabled is true" }}
{{- end }}
{{- if and (eq $v.jobs.runner "local") (gt (int (include "medlego.component" (dict "root" . "component" "trainer") | fromYaml).replicas) 1) }}
{{- fail "trainer.replicas: expected 1, since jobs.runner is local: child processes belong to one process" }}
{{- end }}
{{- end }}
