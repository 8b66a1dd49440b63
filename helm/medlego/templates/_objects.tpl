{{/* The objects that every service has. Each takes (dict "root" $ "component" NAME) and renders nothing for a service that is off. */}}

{{- define "medlego.scope" -}}
{{- $settings := include "medlego.component" . | fromYaml }}
{{- dict "settings" $settings "name" (printf "%s-%s" (include "medlego.fullname" .root) .component) | toYaml }}
{{- end }}

{{- define "medlego.deployment" -}}
{{- $scope := include "medlego.scope" . | fromYaml }}
{{- $s := $scope.settings }}
{{- $in := dict "root" .root "component" .component "settings" $s "name" $scope.name }}
{{- if $s.enabled }}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "medlego.metadata" $in | nindent 2 }}
spec:
  {{- if not $s.autoscaling.enabled }}
  replicas: {{ $s.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  strategy:
    rollingUpdate: { maxSurge: 1, maxUnavailable: 0 }
  selector:
    matchLabels:
      {{- include "medlego.selectorLabels" $in | nindent 6 }}
  template:
    metadata:
      labels:
        {{- mergeOverwrite (deepCopy $s.podLabels) (include "medlego.labels" $in | fromYaml) | toYaml | nindent 8 }}
      annotations:
        {{- if has .component (list "trainer" "evaluator") }}
        checksum/job-template: {{ include "medlego.jobTemplate" .root | sha256sum }}
        {{- end }}
        kubectl.kubernetes.io/default-container: {{ .component }}
        {{- with $s.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "medlego.serviceAccountName" (dict "root" .root "component" .component "account" $s.serviceAccount) }}
      automountServiceAccountToken: {{ include "medlego.asksApiServer" . | eq "true" }}
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ $s.terminationGracePeriodSeconds }}
      securityContext:
        {{- toYaml .root.Values.podSecurityContext | nindent 8 }}
      {{- include "medlego.pullSecrets" .root | nindent 6 }}
      {{- include "medlego.scheduling" $in | nindent 6 }}
      containers:
        - name: {{ .component }}
          image: {{ include "medlego.image" (dict "root" .root "image" .root.Values.image) }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          args: [{{ .component }}, serve]
          ports:
            - { name: grpc, containerPort: 7070 }
            {{- if eq .component "gateway" }}
            - { name: http, containerPort: 8080 }
            {{- end }}
            - { name: admin, containerPort: 9464 }
          env:
            {{- include "medlego.serviceEnv" $in | nindent 12 }}
          {{- with $s.extraEnvFrom }}
          envFrom:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- include "medlego.probes" $in | nindent 10 }}
          {{- if $s.preStopSeconds }}
          lifecycle:
            preStop: { sleep: { seconds: {{ $s.preStopSeconds }} } }
          {{- end }}
          resources:
            {{- toYaml $s.resources | nindent 12 }}
          securityContext:
            {{- toYaml .root.Values.containerSecurityContext | nindent 12 }}
          terminationMessagePolicy: FallbackToLogsOnError
          volumeMounts:
            {{- include "medlego.volumeMounts" $in | nindent 12 }}
      volumes:
        {{- include "medlego.volumes" $in | nindent 8 }}
{{- end }}
{{- end }}

{{- define "medlego.service" -}}
{{- $scope := include "medlego.scope" . | fromYaml }}
{{- $s := $scope.settings }}
{{- if $s.enabled }}
apiVersion: v1
kind: Service
metadata:
  {{- include "medlego.metadata" (dict "root" .root "component" .component "name" $scope.name "annotations" $s.service.annotations) | nindent 2 }}
spec:
  type: {{ $s.service.type }}
  selector:
    {{- include "medlego.selectorLabels" . | nindent 4 }}
  ports:
    - { name: grpc, port: {{ $s.service.grpcPort | default 7070 }}, targetPort: grpc, appProtocol: kubernetes.io/h2c }
    {{- if eq .component "gateway" }}
    - { name: http, port: {{ $s.service.httpPort }}, targetPort: http, appProtocol: http }
    {{- end }}
    - { name: admin, port: 9464, targetPort: admin, appProtocol: http }
{{- end }}
{{- end }}

{{- define "medlego.serviceAccount" -}}
{{- $scope := include "medlego.scope" . | fromYaml }}
{{- $s := $scope.settings }}
{{- if and $s.enabled $s.serviceAccount.create }}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- $name := include "medlego.serviceAccountName" (dict "root" .root "component" .component "account" $s.serviceAccount) }}
  {{- include "medlego.metadata" (dict "root" .root "component" .component "name" $name "annotations" $s.serviceAccount.annotations) | nindent 2 }}
automountServiceAccountToken: false
{{- end }}
{{- end }}

{{- define "medlego.podDisruptionBudget" -}}
{{- $scope := include "medlego.scope" . | fromYaml }}
{{- $s := $scope.settings }}
{{- $replicas := ternary $s.autoscaling.minReplicas $s.replicas $s.autoscaling.enabled | int }}
{{- if and $s.enabled $s.podDisruptionBudget.enabled (gt $replicas 1) }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "medlego.metadata" (dict "root" .root "component" .component "name" $scope.name) | nindent 2 }}
spec:
  maxUnavailable: {{ $s.podDisruptionBudget.maxUnavailable }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "medlego.selectorLabels" . | nindent 6 }}
{{- end }}
{{- end }}

{{- define "medlego.horizontalPodAutoscaler" -}}
{{- $scope := include "medlego.scope" . | fromYaml }}
{{- $s := $scope.settings }}
{{- if and $s.enabled $s.autoscaling.enabled }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "medlego.metadata" (dict "root" .root "component" .component "name" $scope.name) | nindent 2 }}
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: {{ $scope.name }} }
  minReplicas: {{ $s.autoscaling.minReplicas }}
  maxReplicas: {{ $s.autoscaling.maxReplicas }}
  metrics:
    {{- with $s.autoscaling.targetCPUUtilizationPercentage }}
    - type: Resource
      resource: { name: cpu, target: { type: Utilization, averageUtilization: {{ . }} } }
    {{- end }}
    {{- with $s.autoscaling.metrics }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}
{{- end }}
