{{/* Environment of the services. Takes root, component, settings. A list. */}}
{{- define "medlego.serviceEnv" -}}
{{- $v := .root.Values }}
{{- $name := include "medlego.fullname" .root }}
- { name: NODE_ENV, value: production }
- { name: MEDLEGO_LOG_LEVEL, value: {{ $v.log.level | quote }} }
- { name: MEDLEGO_HOME, value: /tmp/medlego }
- { name: MEDLEGO_RPC_HOST, value: 0.0.0.0 }
- { name: MEDLEGO_RPC_PORT, value: '7070' }
- { name: MEDLEGO_ADMIN_HOST, value: 0.0.0.0 }
- { name: MEDLEGO_ADMIN_PORT, value: '9464' }
{{ include "medlego.natsEnv" .root }}
- { name: MEDLEGO_STORE, value: {{ include "medlego.storeLocation" .root | quote }} }
{{- include "medlego.s3Env" .root }}
{{- if $v.auth.enabled }}
{{- if $v.auth.tokens.existingSecret }}
- { name: MEDLEGO_TOKENS_FILE, value: /etc/medlego/tokens/tokens.json }
{{- end }}
{{- if $v.auth.oidc.issuer }}
- { name: MEDLEGO_OIDC_ISSUER, value: {{ $v.auth.oidc.issuer | quote }} }
- { name: MEDLEGO_OIDC_AUDIENCE, value: {{ $v.auth.oidc.audience | quote }} }
{{- end }}
{{- else }}
- { name: MEDLEGO_INSECURE, value: 'true' }
{{- end }}
{{- if $v.tls.enabled }}
- { name: MEDLEGO_TLS_CERT, value: /etc/medlego/tls/tls.crt }
- { name: MEDLEGO_TLS_KEY, value: /etc/medlego/tls/tls.key }
{{- if $v.tls.clientCertificates }}
- { name: MEDLEGO_TLS_CA, value: /etc/medlego/tls/ca.crt }
{{- end }}
{{- end }}
{{- if eq .component "gateway" }}
- { name: MEDLEGO_HTTP_PORT, value: '8080' }
{{- if $v.backbones.existingClaim }}
- { name: MEDLEGO_BACKBONES, value: /var/lib/medlego/backbones }
{{- end }}
- { name: MEDLEGO_MODELS, value: {{ join "," $v.gateway.models | quote }} }
{{- with $v.gateway.threads }}
- { name: MEDLEGO_THREADS, value: {{ . | quote }} }
{{- end }}
{{- with $v.gateway.cors }}
- { name: MEDLEGO_CORS, value: {{ join "," . | quote }} }
{{- end }}
{{- if $v.gateway.rateLimit }}
- { name: MEDLEGO_RATE_LIMIT, value: {{ $v.gateway.rateLimit | int | quote }} }
{{- end }}
{{- with $v.gateway.auditLog }}
- { name: MEDLEGO_AUDIT_LOG, value: {{ . | quote }} }
{{- end }}
{{- end }}
{{- if and (eq .component "merger") $v.crds.enabled }}
- { name: MEDLEGO_GENERALIST_RESOURCES, value: 'true' }
- name: MEDLEGO_NAMESPACE
  valueFrom: { fieldRef: { apiVersion: v1, fieldPath: metadata.namespace } }
{{- end }}
{{- if has .component (list "trainer" "evaluator") }}
- { name: MEDLEGO_JOBS, value: {{ $v.jobs.runner }} }
- { name: MEDLEGO_JOB_TEMPLATE, value: /etc/medlego/jobs/template.json }
- { name: MEDLEGO_JOB_RUNNER, value: {{ printf "%s-%s" $name .component | quote }} }
- name: MEDLEGO_NAMESPACE
  valueFrom: { fieldRef: { apiVersion: v1, fieldPath: metadata.namespace } }
{{- end }}
{{ include "medlego.otelEnv" . }}
{{- with .settings.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "medlego.natsEnv" -}}
{{- if .Values.nats.enabled -}}
- { name: MEDLEGO_NATS_URL, value: {{ printf "nats://%s-nats:4222" (include "medlego.fullname" .) | quote }} }
- { name: MEDLEGO_NATS_REPLICAS, value: {{ .Values.nats.replicas | int | quote }} }
{{- with .Values.nats.existingSecret }}
- name: MEDLEGO_NATS_TOKEN
  valueFrom: { secretKeyRef: { name: {{ . }}, key: token } }
{{- end }}
{{- else -}}
- { name: MEDLEGO_NATS_URL, value: {{ required "externalNats.url: expected the URL of a NATS server, since nats.enabled is false" .Values.externalNats.url | quote }} }
- { name: MEDLEGO_NATS_REPLICAS, value: {{ .Values.externalNats.replicas | int | quote }} }
{{- if .Values.externalNats.existingSecret }}
- { name: MEDLEGO_NATS_CREDENTIALS, value: /etc/medlego/nats/nats.creds }
{{- end }}
{{- end }}
{{- end }}

{{- define "medlego.storeLocation" -}}
{{- $s := .Values.store }}
{{- if eq $s.kind "s3" -}}
s3://{{ required "store.s3.bucket: expected a bucket, since store.kind is s3" $s.s3.bucket }}{{ with $s.s3.prefix }}/{{ . }}{{ end }}
{{- else if eq $s.kind "folder" -}}
/var/lib/medlego/store
{{- else -}}
nats
{{- end }}
{{- end }}

{{- define "medlego.s3Env" }}
{{- if eq .Values.store.kind "s3" }}
- { name: AWS_REGION, value: {{ .Values.store.s3.region | quote }} }
{{- with .Values.store.s3.endpoint }}
- { name: AWS_ENDPOINT_URL_S3, value: {{ . | quote }} }
{{- end }}
{{- with .Values.store.s3.existingSecret }}
{{- range $key := list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" }}
- name: {{ $key }}
  valueFrom: { secretKeyRef: { name: {{ $.Values.store.s3.existingSecret }}, key: {{ $key }} } }
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Takes root, component. A list, or nothing. */}}
{{- define "medlego.otelEnv" -}}
{{- $o := .root.Values.otel }}
{{- if $o.enabled -}}
{{- $attributes := mergeOverwrite (deepCopy $o.resourceAttributes) (dict "service.namespace" .root.Release.Namespace) }}
{{- $pairs := list }}
{{- range $key, $value := $attributes }}{{ $pairs = append $pairs (printf "%s=%v" $key $value) }}{{ end }}
- { name: OTEL_SERVICE_NAME, value: {{ printf "medlego-%s" .component | quote }} }
- { name: OTEL_RESOURCE_ATTRIBUTES, value: {{ join "," $pairs | quote }} }
- { name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ required "otel.endpoint: expected the URL of a collector, since otel.enabled is true" $o.endpoint | quote }} }
- { name: OTEL_EXPORTER_OTLP_PROTOCOL, value: {{ $o.protocol | quote }} }
- { name: OTEL_TRACES_SAMPLER, value: {{ $o.sampler | quote }} }
- { name: OTEL_TRACES_SAMPLER_ARG, value: {{ $o.samplerArg | quote }} }
{{- end }}
{{- end }}
