{{/* What an installation adds to every Job; libs/jobs reads it as JSON. */}}
{{- define "medlego.jobTemplate" -}}
{{- $v := .Values }}
{{- $j := $v.jobs }}
{{- $onGpu := and $j.gpu.enabled (not $j.gpu.computeOnCpu) }}
{{- $kubernetes := dict
  "image" (include "medlego.image" (dict "root" . "image" $v.image "suffix" (ternary "-gpu" "" $onGpu)))
  "imagePullPolicy" $v.image.pullPolicy
  "gpuResourceName" $j.gpu.resourceName
  "gpuTolerations" $j.gpu.tolerations
  "gpuNodeSelector" $j.gpu.nodeSelector
  "nodeSelector" $j.nodeSelector
  "tolerations" $j.tolerations
  "priorityClasses" $j.priorityClasses
  "serviceAccountName" (include "medlego.serviceAccountName" (dict "root" . "component" "job" "account" $j.serviceAccount))
  "labels" (mergeOverwrite (deepCopy $v.commonLabels) $j.labels (dict "app.kubernetes.io/instance" .Release.Name "app.kubernetes.io/part-of" "medlego"))
  "annotations" (mergeOverwrite (deepCopy $v.commonAnnotations) $j.annotations)
  "podAnnotations" $j.podAnnotations
  "runAsUser" ($v.podSecurityContext.runAsUser | int)
  "tmpSize" $j.tmpSize
  "ttlSecondsAfterFinished" ($j.ttlSecondsAfterFinished | int)
  "env" (include "medlego.jobEnv" . | fromYamlArray)
  "envFrom" $j.extraEnvFrom
  "volumes" (include "medlego.jobVolumes" . | fromYamlArray | default list)
  "volumeMounts" (include "medlego.jobVolumeMounts" . | fromYamlArray | default list)
  "pod" (include "medlego.jobPod" . | fromYaml)
}}
{{- with $v.global.imagePullSecrets }}
{{- $names := list }}
{{- range . }}{{ $names = append $names (dict "name" .) }}{{ end }}
{{- $_ := set $kubernetes "imagePullSecrets" $names }}
{{- end }}
{{- with $j.gpu.runtimeClassName }}{{ $_ := set $kubernetes "runtimeClassName" . }}{{ end }}
{{- with $j.affinity }}{{ $_ := set $kubernetes "affinity" . }}{{ end }}
{{- with $j.schedulerName }}{{ $_ := set $kubernetes "schedulerName" . }}{{ end }}
{{- with $j.activeDeadlineSeconds }}{{ $_ := set $kubernetes "activeDeadlineSeconds" (int .) }}{{ end }}
{{- with $j.parallelism }}{{ $_ := set $kubernetes "parallelism" (int .) }}{{ end }}
{{- if $v.kueue.enabled }}
{{- $_ := set $kubernetes "kueueQueue" (required "kueue.queueName: expected a LocalQueue, since kueue.enabled is true" $v.kueue.queueName) }}
{{- end }}
{{- $resources := dict "cores" $j.cores "memoryMb" ($j.memoryMb | int) "gpus" (ternary (int $j.gpu.count) 0 $j.gpu.enabled) }}
{{- dict "resources" $resources "graceSeconds" (int $j.graceSeconds) "maxAttempts" (int $j.maxAttempts) "kubernetes" $kubernetes | toPrettyJson }}
{{- end }}

{{/* Environment of Jobs; wins over what the service that makes them would say. */}}
{{- define "medlego.jobEnv" -}}
{{- $v := .Values }}
{{- $device := ternary "cuda" "cpu" (and $v.jobs.gpu.enabled (not $v.jobs.gpu.computeOnCpu)) }}
- { name: NODE_ENV, value: production }
- { name: MEDLEGO_LOG_LEVEL, value: {{ $v.log.level | quote }} }
- { name: MEDLEGO_HOME, value: /tmp/medlego }
- { name: MEDLEGO_ADDRESS, value: {{ printf "%s-trainer.%s.svc:7070" (include "medlego.fullname" .) .Release.Namespace | quote }} }
- { name: MEDLEGO_STORE, value: {{ ternary "service" (include "medlego.storeLocation" .) (eq $v.store.kind "nats") | quote }} }
- { name: MEDLEGO_DEVICE, value: {{ $device }} }
- { name: MEDLEGO_THREADS, value: {{ $v.jobs.threads | default (max 1 (floor $v.jobs.cores | int)) | quote }} }
{{- include "medlego.s3Env" . }}
{{- if and $v.auth.enabled $v.auth.jobToken.existingSecret }}
- name: MEDLEGO_TOKEN
  valueFrom: { secretKeyRef: { name: {{ $v.auth.jobToken.existingSecret }}, key: {{ $v.auth.jobToken.key }} } }
{{- end }}
{{- if $v.tls.enabled }}
- { name: MEDLEGO_TLS_CA, value: /etc/medlego/tls/ca.crt }
{{- if $v.tls.clientCertificates }}
- { name: MEDLEGO_TLS_CERT, value: /etc/medlego/tls/tls.crt }
- { name: MEDLEGO_TLS_KEY, value: /etc/medlego/tls/tls.key }
{{- end }}
{{- end }}
{{- if eq $device "cuda" }}
- { name: CUDA_CACHE_PATH, value: /tmp/cuda }
{{- end }}
{{ include "medlego.otelEnv" (dict "root" . "component" "job") }}
{{- with $v.jobs.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "medlego.jobVolumes" -}}
{{- if eq .Values.store.kind "folder" }}
- name: store
  persistentVolumeClaim: { claimName: {{ .Values.store.folder.existingClaim }} }
{{- end }}
{{- if .Values.tls.enabled }}
- name: tls
  secret:
    secretName: {{ include "medlego.tlsSecret" . }}
    {{- if not .Values.tls.clientCertificates }}
    items: [{ key: ca.crt, path: ca.crt }]
    {{- end }}
{{- end }}
{{- with .Values.jobs.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "medlego.jobVolumeMounts" -}}
{{- if eq .Values.store.kind "folder" }}
- { name: store, mountPath: /var/lib/medlego/store }
{{- end }}
{{- if .Values.tls.enabled }}
- { name: tls, mountPath: /etc/medlego/tls, readOnly: true }
{{- end }}
{{- with .Values.jobs.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The security contexts of the services hold for Jobs too; then what the values add. */}}
{{- define "medlego.jobPod" -}}
{{- $container := dict "name" "job" "securityContext" .Values.containerSecurityContext }}
{{- $own := dict "spec" (dict "securityContext" .Values.podSecurityContext "containers" (list $container)) }}
{{- $patch := deepCopy .Values.jobs.pod }}
{{- with dig "spec" "containers" list $patch }}
{{- range . }}{{ if eq .name "job" }}{{ $_ := mergeOverwrite $container (deepCopy .) }}{{ end }}{{ end }}
{{- $others := list $container }}
{{- range . }}{{ if ne .name "job" }}{{ $others = append $others . }}{{ end }}{{ end }}
{{- $_ := set $patch.spec "containers" $others }}
{{- end }}
{{- toYaml (mergeOverwrite $own $patch) }}
{{- end }}

{{/* Rights of a service that makes Jobs: a Role of this namespace, and its binding. */}}
{{- define "medlego.jobRole" -}}
{{- $scope := include "medlego.scope" . | fromYaml }}
{{- if and $scope.settings.enabled (include "medlego.makesJobs" .) }}
{{- $account := include "medlego.serviceAccountName" (dict "root" .root "component" .component "account" $scope.settings.serviceAccount) }}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  {{- include "medlego.metadata" (dict "root" .root "component" .component "name" $scope.name) | nindent 2 }}
rules:
  - apiGroups: [batch]
    resources: [jobs]
    verbs: [create, get, list, watch, patch, delete]
  - apiGroups: ['']
    resources: [pods]
    verbs: [get, list, watch]
  - apiGroups: ['']
    resources: [pods/log]
    verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  {{- include "medlego.metadata" (dict "root" .root "component" .component "name" $scope.name) | nindent 2 }}
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ $scope.name }} }
subjects:
  - { kind: ServiceAccount, name: {{ $account }}, namespace: {{ .root.Release.Namespace }} }
{{- end }}
{{- end }}

{{/* Rights of the merger where Generalists are a resource. */}}
{{- define "medlego.generalistRole" -}}
{{- $scope := include "medlego.scope" . | fromYaml }}
{{- if and $scope.settings.enabled .root.Values.crds.enabled }}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  {{- include "medlego.metadata" (dict "root" .root "component" .component "name" $scope.name) | nindent 2 }}
rules:
  - apiGroups: [medlego.dev]
    resources: [generalists]
    verbs: [get, list, watch]
  - apiGroups: [medlego.dev]
    resources: [generalists/status]
    verbs: [patch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  {{- include "medlego.metadata" (dict "root" .root "component" .component "name" $scope.name) | nindent 2 }}
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ $scope.name }} }
subjects:
  - kind: ServiceAccount
    name: {{ include "medlego.serviceAccountName" (dict "root" .root "component" .component "account" $scope.settings.serviceAccount) }}
    namespace: {{ .root.Release.Namespace }}
{{- end }}
{{- end }}
