{{- /* Labels of everything but Pods. */ -}}
{{- define "rukpak.labels" -}}
app.kubernetes.io/part-of: rukpak
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- /* In: root, name and values of a provisioner. Out: its image. */ -}}
{{- define "rukpak.image" -}}
{{- $image := .values.image -}}
{{ printf "%s/%s" (trimSuffix "/" .root.Values.image.registry) $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default .root.Chart.AppVersion }}{{ end }}
{{- end }}
