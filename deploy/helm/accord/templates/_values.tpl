{{/*
One map over another, key by key, false and 0 too, which mergeOverwrite takes for nothing; null takes a key out. Of
(list under over); YAML.
*/}}
{{- define "accord.over" -}}
{{- $both := deepCopy (index . 0) -}}
{{- range $key, $value := index . 1 -}}
{{- if and (kindIs "map" $value) (kindIs "map" (get $both $key)) -}}
{{- $_ := set $both $key (include "accord.over" (list (get $both $key) $value) | fromYaml) -}}
{{- else if kindIs "invalid" $value -}}
{{- $_ := unset $both $key -}}
{{- else -}}
{{- $_ := set $both $key $value -}}
{{- end -}}
{{- end -}}
{{- toYaml $both -}}
{{- end -}}

{{/* The values of a service: its own over the defaults. Of (list root service); YAML. */}}
{{- define "accord.service" -}}
{{- $values := (index . 0).Values -}}
{{- $service := include "accord.over" (list $values.defaults (get $values.services (index . 1) | default dict)) -}}
{{- include "accord.told" (list (index . 0) ($service | fromYaml)) -}}
{{- end -}}

{{/* The values of a part, with the settings that every process has below its own. Of (list root part); YAML. */}}
{{- define "accord.told" -}}
{{- $values := (index . 0).Values -}}
{{- $every := dict "settings" $values.settings "secretSettings" $values.secretSettings "files" $values.files -}}
{{- include "accord.over" (list $every (index . 1)) -}}
{{- end -}}

{{/* The release's services as its code says: paths, consumer groups, partitions. YAML. */}}
{{- define "accord.release" -}}
{{- .Files.Get "files/release.yaml" -}}
{{- end -}}

{{/* Where clients that need one session of the database go, past a pooler: "host" or "port". Of (list root part). */}}
{{- define "accord.sessions" -}}
{{- $database := (index . 0).Values.database -}}
{{- if $database.sessions.host -}}
{{- get $database.sessions (index . 1) -}}
{{- else -}}
{{- get $database (index . 1) -}}
{{- end -}}
{{- end -}}

{{/* The address of the keys of the issuer's tokens. */}}
{{- define "accord.jwksUrl" -}}
{{- if .Values.development.enabled -}}
http://{{ include "accord.name" . }}-development:8081/.well-known/jwks.json
{{- else -}}
{{- .Values.tokens.jwksUrl -}}
{{- end -}}
{{- end -}}

{{/* Settings that every process takes which talks to Kafka. YAML. */}}
{{- define "accord.kafkaSettings" -}}
ACCORD_ENV: {{ .Values.environment }}
ACCORD_KAFKA_BROKERS: {{ join "," .Values.kafka.brokers | quote }}
ACCORD_TOPIC_PREFIX: {{ .Values.kafka.topicPrefix | quote }}
{{- end -}}

{{/* Settings of every process that needs a session of the database. YAML. */}}
{{- define "accord.sessionSettings" -}}
ACCORD_ENV: {{ .Values.environment }}
ACCORD_DATABASE_HOST: {{ include "accord.sessions" (list . "host") | quote }}
ACCORD_DATABASE_PORT: {{ include "accord.sessions" (list . "port") | quote }}
ACCORD_DATABASE_NAME: {{ .Values.database.name | quote }}
{{- end -}}

{{/* The secrets that a service mounts: setting, then its Secret and key. Of (list root service values). YAML. */}}
{{- define "accord.serviceSecrets" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $roles := $root.Values.database.secrets.services -}}
{{- $secrets := dict
      "ACCORD_DATABASE_PASSWORD" (dict "secret" $roles "key" (printf "accord_%s" $name))
      "ACCORD_OPERATOR_DATABASE_PASSWORD" (dict "secret" $roles "key" (printf "accord_%s_operator" $name)) -}}
{{- if $root.Values.database.sessions.host -}}
{{- $operator := get $secrets "ACCORD_OPERATOR_DATABASE_PASSWORD" -}}
{{- $_ := set $secrets "ACCORD_RELAY_DATABASE_PASSWORD" $operator -}}
{{- end -}}
{{- if and (eq $name "notification") (not $root.Values.development.enabled) -}}
{{- $_ := set $secrets "ACCORD_SMTP_URL" $root.Values.mail.url -}}
{{- end -}}
{{- include "accord.over" (list $secrets (index . 2).secretSettings) -}}
{{- end -}}

{{/* The settings of a service, all but secrets. Of (list root service values). YAML. */}}
{{- define "accord.serviceSettings" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $service := index . 2 -}}
{{- $values := $root.Values -}}
{{- $settings := include "accord.kafkaSettings" $root | fromYaml -}}
{{- $_ := set $settings "ACCORD_HOST" "0.0.0.0" -}}
{{- $_ := set $settings "ACCORD_PORT" "8080" -}}
{{- $_ := set $settings "ACCORD_OPS_PORT" "9090" -}}
{{- $_ := set $settings "ACCORD_DRAIN_MS" (int $values.drainMs | toString) -}}
{{- $_ := set $settings "ACCORD_DATABASE_HOST" $values.database.host -}}
{{- $_ := set $settings "ACCORD_DATABASE_PORT" (int $values.database.port | toString) -}}
{{- $_ := set $settings "ACCORD_DATABASE_NAME" $values.database.name -}}
{{- $_ := set $settings "ACCORD_DATABASE_USER" (printf "accord_%s" $name) -}}
{{- $_ := set $settings "ACCORD_OPERATOR_DATABASE_USER" (printf "accord_%s_operator" $name) -}}
{{- if $values.database.sessions.host -}}
{{- $_ := set $settings "ACCORD_RELAY_DATABASE_HOST" $values.database.sessions.host -}}
{{- $_ := set $settings "ACCORD_RELAY_DATABASE_PORT" (int $values.database.sessions.port | toString) -}}
{{- $_ := set $settings "ACCORD_RELAY_DATABASE_USER" (printf "accord_%s_operator" $name) -}}
{{- end -}}
{{- $_ := set $settings "ACCORD_POOL_SIZE" (int $service.poolSize | toString) -}}
{{- $issuer := ternary "accord-development" $values.tokens.issuer $values.development.enabled -}}
{{- $_ := set $settings "ACCORD_TOKEN_ISSUER" $issuer -}}
{{- $_ := set $settings "ACCORD_TOKEN_AUDIENCE" $values.tokens.audience -}}
{{- $_ := set $settings "ACCORD_JWKS_URL" (include "accord.jwksUrl" $root) -}}
{{- with $values.routes.customers.host -}}
{{- $_ := set $settings "ACCORD_PUBLIC_URL" (printf "https://%s" .) -}}
{{- end -}}
{{- with $values.publicUrl -}}
{{- $_ := set $settings "ACCORD_PUBLIC_URL" . -}}
{{- end -}}
{{- with $values.tracesTo -}}
{{- $_ := set $settings "OTEL_EXPORTER_OTLP_ENDPOINT" . -}}
{{- end -}}
{{- with $values.profile -}}
{{- $_ := set $settings "PROVIDER_PROFILE" . -}}
{{- end -}}
{{- if eq $name "notification" -}}
{{- $_ := set $settings "ACCORD_MAIL_FROM" $values.mail.from -}}
{{- if $values.development.enabled -}}
{{- $_ := set $settings "ACCORD_SMTP_URL" (printf "smtp://%s-development:2525" (include "accord.name" $root)) -}}
{{- end -}}
{{- end -}}
{{- include "accord.over" (list $settings $service.settings) -}}
{{- end -}}
