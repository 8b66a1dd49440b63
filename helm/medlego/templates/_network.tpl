{{- define "medlego.dnsEgress" -}}
- ports:
    - { port: 53, protocol: UDP }
    - { port: 53, protocol: TCP }
{{- end }}

{{/* Whether pods of a component talk to anything outside of the release. */}}
{{- define "medlego.reachesOut" -}}
{{- $v := .root.Values }}
{{- if or (eq (include "medlego.asksApiServer" .) "true") (eq $v.store.kind "s3") $v.otel.enabled
  (and (ne .component "job") (or (not $v.nats.enabled) $v.auth.oidc.issuer)) }}true{{ end }}
{{- end }}

{{- define "medlego.peer" -}}
podSelector:
  matchLabels:
    {{- include "medlego.selectorLabels" . | nindent 4 }}
{{- end }}

{{/* Pods of the Jobs that the services make. */}}
{{- define "medlego.jobPeer" -}}
podSelector:
  matchLabels:
    medlego.dev/managed-job: 'true'
    app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "medlego.serviceNetworkPolicy" -}}
{{- $scope := include "medlego.scope" . | fromYaml }}
{{- $n := .root.Values.networkPolicy }}
{{- if and $scope.settings.enabled $n.enabled }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "medlego.metadata" (dict "root" .root "component" .component "name" $scope.name) | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "medlego.selectorLabels" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- if eq .component "gateway" }}
    - ports: [{ port: http }, { port: grpc }]
      {{- with $n.gatewayFrom }}
      from:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    {{- else }}
    - ports: [{ port: grpc }]
      from:
        - podSelector: {}
        {{- with $n.servicesFrom }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    {{- end }}
    {{- with $n.metricsNamespaceSelector }}
    - ports: [{ port: admin }]
      from:
        - namespaceSelector: { matchLabels: {{ toJson . }} }
    {{- end }}
  egress:
    {{- include "medlego.dnsEgress" . | nindent 4 }}
    {{- if .root.Values.nats.enabled }}
    - ports: [{ port: 4222 }]
      to:
        - {{ include "medlego.peer" (dict "root" .root "component" "nats") | nindent 10 | trim }}
    {{- end }}
    - ports: [{ port: 7070 }]
      to:
        - podSelector: {}
    {{- if include "medlego.reachesOut" . }}
    - to:
        {{- toYaml $n.egressTo | nindent 8 }}
    {{- end }}
{{- end }}
{{- end }}
