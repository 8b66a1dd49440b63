{{/* The fields that say where a pod runs, of any block of settings that has them: services, NATS, hooks. */}}
{{- define "medlego.scheduling" -}}
{{- with .settings.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .settings.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .settings.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .settings.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .settings.schedulerName }}
schedulerName: {{ . }}
{{- end }}
{{- with .settings.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- if .settings.topologySpread }}
topologySpreadConstraints:
  {{- range .settings.topologySpread }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "medlego.selectorLabels" $ | nindent 8 }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "medlego.volumes" -}}
- name: tmp
  emptyDir: {}
{{- if and (eq .component "gateway") .root.Values.backbones.existingClaim }}
- name: backbones
  persistentVolumeClaim: { claimName: {{ .root.Values.backbones.existingClaim }}, readOnly: true }
{{- end }}
{{- if eq .root.Values.store.kind "folder" }}
- name: store
  persistentVolumeClaim: { claimName: {{ required "store.folder.existingClaim: expected a claim, since store.kind is folder" .root.Values.store.folder.existingClaim }} }
{{- end }}
{{- if and .root.Values.auth.enabled .root.Values.auth.tokens.existingSecret }}
- name: tokens
  secret:
    secretName: {{ .root.Values.auth.tokens.existingSecret }}
    items: [{ key: {{ .root.Values.auth.tokens.key }}, path: tokens.json }]
{{- end }}
{{- if .root.Values.tls.enabled }}
- name: tls
  secret: { secretName: {{ include "medlego.tlsSecret" .root }} }
{{- end }}
{{- if and (not .root.Values.nats.enabled) .root.Values.externalNats.existingSecret }}
- name: nats
  secret:
    secretName: {{ .root.Values.externalNats.existingSecret }}
    items: [{ key: {{ .root.Values.externalNats.key }}, path: nats.creds }]
{{- end }}
{{- if has .component (list "trainer" "evaluator") }}
- name: jobs
  configMap: { name: {{ include "medlego.fullname" .root }}-job-template }
{{- end }}
{{- with .settings.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "medlego.volumeMounts" -}}
- { name: tmp, mountPath: /tmp }
{{- if and (eq .component "gateway") .root.Values.backbones.existingClaim }}
- { name: backbones, mountPath: /var/lib/medlego/backbones, readOnly: true }
{{- end }}
{{- if eq .root.Values.store.kind "folder" }}
- { name: store, mountPath: /var/lib/medlego/store }
{{- end }}
{{- if and .root.Values.auth.enabled .root.Values.auth.tokens.existingSecret }}
- { name: tokens, mountPath: /etc/medlego/tokens, readOnly: true }
{{- end }}
{{- if .root.Values.tls.enabled }}
- { name: tls, mountPath: /etc/medlego/tls, readOnly: true }
{{- end }}
{{- if and (not .root.Values.nats.enabled) .root.Values.externalNats.existingSecret }}
- { name: nats, mountPath: /etc/medlego/nats, readOnly: true }
{{- end }}
{{- if has .component (list "trainer" "evaluator") }}
- { name: jobs, mountPath: /etc/medlego/jobs, readOnly: true }
{{- end }}
{{- with .settings.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "medlego.probes" -}}
{{- $p := .settings.probes }}
startupProbe:
  httpGet: { path: /livez, port: admin }
  periodSeconds: 2
  timeoutSeconds: {{ $p.timeoutSeconds }}
  failureThreshold: {{ max 1 (div (int $p.startupSeconds) 2) }}
livenessProbe:
  httpGet: { path: /livez, port: admin }
  periodSeconds: {{ $p.periodSeconds }}
  timeoutSeconds: {{ $p.timeoutSeconds }}
  failureThreshold: {{ $p.failureThreshold }}
readinessProbe:
  httpGet: { path: /readyz, port: admin }
  periodSeconds: {{ $p.periodSeconds }}
  timeoutSeconds: {{ $p.timeoutSeconds }}
  failureThreshold: 1
{{- end }}
