{{/* The release's name; with the chart's where it does not tell. Of `root`. */}}
{{- define "accord.name" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains "accord" .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-accord" .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The labels by which a component's pods are selected; they never change. Of (list root component). */}}
{{- define "accord.selector" -}}
app.kubernetes.io/name: accord
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* The labels of an object, its component's among them. Of (list root component). */}}
{{- define "accord.labels" -}}
{{ include "accord.selector" . }}
app.kubernetes.io/part-of: accord
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
helm.sh/chart: {{ printf "%s-%s" (index . 0).Chart.Name (index . 0).Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* metadata of a component's object: (list root component) or (list root component suffix). */}}
{{- define "accord.metadata" -}}
{{- $suffix := index . 1 -}}
{{- if gt (len .) 2 }}{{ $suffix = index . 2 }}{{ end -}}
name: {{ include "accord.name" (index . 0) }}-{{ $suffix }}
labels:
  {{- include "accord.labels" (list (index . 0) (index . 1)) | nindent 2 }}
{{- end -}}

{{/* The image; a digest goes before a tag. Of (list root image). */}}
{{- define "accord.image" -}}
{{- $image := index . 1 -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default (index . 0).Chart.AppVersion }}
{{- end -}}
{{- end -}}
