{{- define "medlego.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "medlego.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- $name := include "medlego.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{/* What the pods of a component are selected by; they never change. Takes (dict "root" $ "component" NAME). */}}
{{- define "medlego.selectorLabels" -}}
app.kubernetes.io/name: {{ include "medlego.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "medlego.labels" -}}
{{- $own := include "medlego.selectorLabels" . | fromYaml }}
{{- $_ := set $own "app.kubernetes.io/version" (.root.Chart.AppVersion | toString) }}
{{- $_ := set $own "app.kubernetes.io/managed-by" .root.Release.Service }}
{{- $_ := set $own "app.kubernetes.io/part-of" "medlego" }}
{{- $_ := set $own "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version) }}
{{- toYaml (mergeOverwrite (deepCopy .root.Values.commonLabels) $own) }}
{{- end }}

{{/* Metadata of an object. Takes root, component, name, and maybe annotations and labels. */}}
{{- define "medlego.metadata" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- mergeOverwrite (include "medlego.labels" . | fromYaml) (.labels | default dict) | toYaml | nindent 2 }}
{{- with mergeOverwrite (deepCopy .root.Values.commonAnnotations) (.annotations | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* An image reference. Takes root, image, and maybe suffix (of the tag). */}}
{{- define "medlego.image" -}}
{{- $registry := .root.Values.global.imageRegistry | default .image.registry }}
{{- $repository := .image.repository }}
{{- if .root.Values.global.imageRegistry }}
{{- $repository = regexReplaceAll "^[^/]+\\.[^/]+/" $repository "" }}
{{- end }}
{{- $name := ternary $repository (printf "%s/%s" $registry $repository) (empty $registry) }}
{{- if .image.digest }}
{{- printf "%s@%s" $name .image.digest }}
{{- else }}
{{- printf "%s:%s%s" $name (.image.tag | default .root.Chart.AppVersion) (.suffix | default "") }}
{{- end }}
{{- end }}

{{- define "medlego.pullSecrets" -}}
{{- with .Values.global.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{/* The settings of a service: what all share, with its own over it. Takes (dict "root" $ "component" NAME); gives YAML. */}}
{{- define "medlego.component" -}}
{{- $own := get .root.Values .component | default dict }}
{{- toYaml (mergeOverwrite (deepCopy .root.Values.services) (deepCopy $own)) }}
{{- end }}

{{/* Name of a component's ServiceAccount. Takes root, component, account (its settings). */}}
{{- define "medlego.serviceAccountName" -}}
{{- if .account.create }}
{{- .account.name | default (printf "%s-%s" (include "medlego.fullname" .root) .component) }}
{{- else }}
{{- .account.name | default "default" }}
{{- end }}
{{- end }}

{{/* Whether a component makes Jobs, and so talks to the API server. */}}
{{- define "medlego.makesJobs" -}}
{{- if and (has .component (list "trainer" "evaluator")) (eq .root.Values.jobs.runner "kubernetes") }}true{{ end }}
{{- end }}

{{/* Whether a component needs a token of the API server. */}}
{{- define "medlego.asksApiServer" -}}
{{- if or (include "medlego.makesJobs" .) (and (eq .component "merger") .root.Values.crds.enabled) }}true{{ end }}
{{- end }}

{{- define "medlego.tlsSecret" -}}
{{- .Values.tls.existingSecret | default (printf "%s-tls" (include "medlego.fullname" .)) }}
{{- end }}
