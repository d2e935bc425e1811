{{/* How a value is written as a setting: numbers without an exponent. */}}
{{- define "accord.text" -}}
{{- if kindIs "string" . }}{{ . | quote }}{{ else }}{{ . | toJson | quote }}{{ end -}}
{{- end -}}

{{/* Settings, and where the mounted ones are, as `env`. Of (dict settings secrets files). */}}
{{- define "accord.env" -}}
{{- range $name, $value := .settings }}
- name: {{ $name }}
  value: {{ include "accord.text" $value }}
{{- end }}
{{- range $name, $_ := .secrets }}
- name: {{ $name }}_FILE
  value: /run/secrets/accord/{{ $name }}
{{- end }}
{{- range $name, $_ := .files }}
- name: {{ $name }}
  value: /run/secrets/accord/{{ $name }}
{{- end }}
{{- end -}}

{{/* A volume of secrets that has the keys which are needed and no others. Of (dict name secrets files). */}}
{{- define "accord.volume" -}}
name: {{ .name | default "secrets" }}
projected:
  # The group of the pod reads them; 0440.
  defaultMode: 288
  sources:
    {{- range $name, $from := merge (dict) (.files | default dict) .secrets }}
    - {{ ternary "configMap" "secret" (hasKey $from "configMap") }}:
        name: {{ $from.configMap | default $from.secret }}
        items:
          - { key: {{ $from.key }}, path: {{ $name }} }
    {{- end }}
{{- end -}}

{{- define "accord.mount" -}}
name: secrets
mountPath: /run/secrets/accord
readOnly: true
{{- end -}}

{{/*
Every pod has the security context of `restricted`, no token of the API server, and no variables of other Services.
*/}}
{{- define "accord.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  {{- with .Values.podSecurity.runAsUser }}
  runAsUser: {{ int . }}
  runAsGroup: {{ int . }}
  fsGroup: {{ int . }}
  fsGroupChangePolicy: OnRootMismatch
  {{- end }}
  seccompProfile: { type: RuntimeDefault }
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* Every container has this. Of (list root image). */}}
{{- define "accord.container" -}}
image: {{ include "accord.image" . }}
imagePullPolicy: {{ (index . 1).pullPolicy | default (index . 0).Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end -}}

{{/* Where a component's pods may run. Of its values. */}}
{{- define "accord.placing" -}}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{/* Settings, and where the mounted ones are, as data of a ConfigMap. Of (dict settings secrets files). */}}
{{- define "accord.configuration" -}}
{{- range $name, $value := .settings }}
{{ $name }}: {{ include "accord.text" $value }}
{{- end }}
{{- range $name, $_ := .secrets }}
{{ $name }}_FILE: /run/secrets/accord/{{ $name }}
{{- end }}
{{- range $name, $_ := .files }}
{{ $name }}: /run/secrets/accord/{{ $name }}
{{- end }}
{{- end -}}

{{/* Seconds from SIGTERM to SIGKILL. */}}
{{- define "accord.grace" -}}
{{- add (int .Values.preStopSeconds) (div (add (int .Values.drainMs) 999) 1000) 10 -}}
{{- end -}}

{{/* A change of the number of pods deals out the partitions anew, so it is not made for a short calm. */}}
{{- define "accord.scaling" -}}
scaleUp:
  stabilizationWindowSeconds: 30
  policies:
    - { type: Pods, value: 2, periodSeconds: 60 }
scaleDown:
  stabilizationWindowSeconds: 600
  policies:
    - { type: Pods, value: 1, periodSeconds: 120 }
{{- end -}}
