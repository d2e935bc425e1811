{{/* Refuses values that do not fit together, all of them at once and in words. */}}
{{- define "accord.checks" -}}
{{- $values := .Values -}}
{{- $wrong := list -}}
{{- $partitions := int (include "accord.release" . | fromYaml).partitions -}}
{{- if and (not $values.profile) (not (hasKey $values.defaults.files "PROVIDER_PROFILE")) -}}
{{- $wrong = append $wrong "profile is baidu or alibaba, or defaults.files.PROVIDER_PROFILE mounts one of your own" -}}
{{- end -}}
{{- if not $values.database.host -}}
{{- $wrong = append $wrong "database.host says where Postgres is" -}}
{{- end -}}
{{- if not $values.kafka.brokers -}}
{{- $wrong = append $wrong "kafka.brokers says where Kafka is: [host:port]" -}}
{{- end -}}
{{- if not $values.mail.from -}}
{{- $wrong = append $wrong "mail.from is the address that mails come from" -}}
{{- end -}}
{{- if $values.development.enabled -}}
{{- if ne $values.environment "development" -}}
{{- $wrong = append $wrong "development.enabled needs environment: development" -}}
{{- end -}}
{{- else -}}
{{- if not $values.tokens.issuer -}}
{{- $wrong = append $wrong "tokens.issuer says whose tokens are taken" -}}
{{- end -}}
{{- if not $values.tokens.jwksUrl -}}
{{- $wrong = append $wrong "tokens.jwksUrl says where the issuer's keys are" -}}
{{- end -}}
{{- end -}}
{{- range $name := list "order" "contract" "refund" "notification" -}}
{{- $service := include "accord.service" (list $ $name) | fromYaml -}}
{{- $autoscaling := $service.autoscaling -}}
{{- if and (ne $autoscaling.by "none") (gt (int $autoscaling.minReplicas) (int $autoscaling.maxReplicas)) -}}
{{- $wrong = append $wrong (printf "%s: autoscaling.minReplicas is more than maxReplicas" $name) -}}
{{- end -}}
{{- if and (eq $autoscaling.by "lag") (gt (int $autoscaling.maxReplicas) $partitions) -}}
{{- $wrong = append $wrong (printf
      "%s: autoscaling.maxReplicas is %d, but a topic has %d partitions: more pods would share no lag"
      $name (int $autoscaling.maxReplicas) $partitions) -}}
{{- end -}}
{{- $reached := or (not $values.networkPolicy.enabled) $values.networkPolicy.sms.to -}}
{{- if and (eq $name "notification") (hasKey $service.settings "ACCORD_SMS_URL") (not $reached) -}}
{{- $wrong = append $wrong "networkPolicy.sms.to has the peers; or networkPolicy.enabled is false" -}}
{{- end -}}
{{- if eq $name "contract" -}}
{{- $sealed := or (hasKey $service.files "ACCORD_SEAL_P12") (hasKey $service.settings "ACCORD_SEAL_SIGNER_URL") -}}
{{- if and (eq $values.environment "production") (not $sealed) -}}
{{- $wrong = append $wrong (print "contract: files.ACCORD_SEAL_P12 mounts the seal, or settings.ACCORD_SEAL_SIGNER_URL "
      "says where its key is; without either it does not start in production") -}}
{{- end -}}
{{- range $setting, $peer := dict "ACCORD_SEAL_SIGNER_URL" "signer" "ACCORD_TSA_URL" "timeStamps" -}}
{{- $reached := or (not $values.networkPolicy.enabled) (get $values.networkPolicy $peer).to -}}
{{- if and (hasKey $service.settings $setting) (not $reached) -}}
{{- $wrong = append $wrong (printf "networkPolicy.%s.to has the peers; or networkPolicy.enabled is false" $peer) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $secrets := include "accord.serviceSecrets" (list $ $name $service) | fromYaml -}}
{{- $wrong = concat $wrong (include "accord.settingsWrong" (list $name $service $secrets) | fromYamlArray) -}}
{{- end -}}
{{- range $part := list "setup" "auditor" -}}
{{- $told := include "accord.told" (list $ (get $values $part)) | fromYaml -}}
{{- $wrong = concat $wrong (include "accord.settingsWrong" (list $part $told dict) | fromYamlArray) -}}
{{- end -}}
{{- range $audience := list "customers" "operators" -}}
{{- $route := get $values.routes $audience -}}
{{- if and (eq $values.routes.by "gateway") $route.host (not $route.parentRefs) -}}
{{- $wrong = append $wrong (printf "routes.%s.parentRefs names the Gateway of %s" $audience $route.host) -}}
{{- end -}}
{{- end -}}
{{- if and (ne $values.routes.by "none") (not $values.routes.customers.host) -}}
{{- $wrong = append $wrong (printf "routes.customers.host is what routes.by: %s leads to" $values.routes.by) -}}
{{- end -}}
{{- if and $values.routes.operators.host (eq $values.routes.operators.host $values.routes.customers.host) -}}
{{- $wrong = append $wrong "routes.operators.host is another host than the customers'" -}}
{{- end -}}
{{- if $values.networkPolicy.enabled -}}
{{- $needed := dict "postgres.to" true "kafka.to" true
      "issuer.to" (not $values.development.enabled) "smtp.to" (not $values.development.enabled)
      "traces.to" (ne $values.tracesTo "") "gateway.from" (ne $values.routes.by "none")
      "prometheus.from" $values.monitoring.serviceMonitor.enabled -}}
{{- range $peer, $isNeeded := $needed -}}
{{- $path := splitList "." $peer -}}
{{- if and $isNeeded (not (get (get $values.networkPolicy (first $path)) (last $path))) -}}
{{- $wrong = append $wrong (printf "networkPolicy.%s has the peers; or networkPolicy.enabled is false" $peer) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with $wrong -}}
{{- fail (printf "\n\nThese values do not fit together:\n- %s\n" (join "\n- " .)) -}}
{{- end -}}
{{- end -}}

{{/* Settings that are in the wrong place. Of (list name values secrets); YAML. */}}
{{- define "accord.settingsWrong" -}}
{{- $name := index . 0 -}}
{{- $values := index . 1 -}}
{{- $secrets := index . 2 -}}
{{- $wrong := list -}}
{{- $ours := dict "ACCORD_DRAIN_MS" "drainMs" "ACCORD_PORT" "8080, always" "ACCORD_OPS_PORT" "9090, always"
      "ACCORD_ENV" "environment" "ACCORD_POOL_SIZE" "poolSize" "ACCORD_KAFKA_BROKERS" "kafka.brokers"
      "ACCORD_TOPIC_PREFIX" "kafka.topicPrefix" "ACCORD_OWNER_DATABASE_URL" "the setup's alone" -}}
{{- range $setting, $value := $values.settings -}}
{{- if hasKey $ours $setting -}}
{{- $by := get $ours $setting -}}
{{- $wrong = append $wrong (printf "%s: settings.%s is told by another value: %s" $name $setting $by) -}}
{{- else if or (regexMatch "PASSWORD$|SECRET$" $setting) (regexMatch "://[^/@]*:[^/@]*@" (toString $value)) -}}
{{- $wrong = append $wrong (printf "%s: settings.%s is a secret: name its Secret in secretSettings" $name $setting) -}}
{{- else if or (hasKey $secrets $setting) (hasKey $values.secretSettings $setting) (hasKey $values.files $setting) -}}
{{- $wrong = append $wrong (printf "%s: %s is in settings, and mounted too" $name $setting) -}}
{{- end -}}
{{- end -}}
{{- toYaml $wrong -}}
{{- end -}}
