{{- /* In: root, name and values of a provisioner. Out: all of it but its rights. The tests compare it with manifests/base. */ -}}
{{- define "rukpak.provisioner" -}}
{{- $root := .root -}}
{{- $values := .values -}}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    app.kubernetes.io/name: {{ .name }}
    {{- include "rukpak.labels" $root | nindent 4 }}
automountServiceAccountToken: false
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    app.kubernetes.io/name: {{ .name }}
    {{- include "rukpak.labels" $root | nindent 4 }}
spec:
  selector:
    app.kubernetes.io/name: {{ .name }}
  ports:
  - name: https
    port: 443
    targetPort: https
    protocol: TCP
{{- if gt (int $values.replicas) 1 }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    app.kubernetes.io/name: {{ .name }}
    {{- include "rukpak.labels" $root | nindent 4 }}
spec:
  minAvailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      app.kubernetes.io/name: {{ .name }}
{{- end }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    app.kubernetes.io/name: {{ .name }}
    {{- include "rukpak.labels" $root | nindent 4 }}
spec:
  replicas: {{ $values.replicas }}
  selector:
    matchLabels:
      app.kubernetes.io/name: {{ .name }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  template:
    metadata:
      labels:
        {{- with $root.Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        app.kubernetes.io/name: {{ .name }}
      annotations:
        {{- with $root.Values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        kubectl.kubernetes.io/default-container: provisioner
    spec:
      serviceAccountName: {{ .name }}
      automountServiceAccountToken: true
      {{- with $root.Values.image.pullSecrets }}
      imagePullSecrets:
      {{- toYaml . | nindent 6 }}
      {{- end }}
      {{- with $root.Values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      securityContext:
        {{- toYaml $root.Values.podSecurityContext | nindent 8 }}
      {{- with $root.Values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $root.Values.tolerations }}
      tolerations:
      {{- toYaml . | nindent 6 }}
      {{- end }}
      {{- with $root.Values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: kubernetes.io/hostname
        whenUnsatisfiable: ScheduleAnyway
        labelSelector:
          matchLabels:
            app.kubernetes.io/name: {{ .name }}
      terminationGracePeriodSeconds: 30
      containers:
      - name: provisioner
        image: {{ include "rukpak.image" . | quote }}
        imagePullPolicy: {{ $root.Values.image.pullPolicy }}
        args:
        - --cache-dir=/var/cache/rukpak
        - --content-url=https://{{ .name }}.$(RUKPAK_SYSTEM_NAMESPACE).svc
        - --http-bind-address=0.0.0.0:8443
        - --leader-elect
        - --log-format={{ $root.Values.log.format }}
        {{- with $root.Values.log.level }}
        - {{ printf "--log-level=%s" . | quote }}
        {{- end }}
        {{- if eq $root.Values.rights "tenant" }}
        - --require-service-account
        {{- end }}
        {{- with $values.defaultCertProvider }}
        - --default-cert-provider={{ . }}
        {{- end }}
        {{- range $values.extraArgs }}
        - {{ . | quote }}
        {{- end }}
        env:
        - name: RUKPAK_SYSTEM_NAMESPACE
          valueFrom:
            fieldRef:
              fieldPath: metadata.namespace
        # One arena for all threads: memory that one of them gives back is there for the others, and is not kept in as many as there are.
        - name: MALLOC_ARENA_MAX
          value: "1"
        {{- with $root.Values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        ports:
        - name: https
          containerPort: 8443
          protocol: TCP
        startupProbe:
          httpGet:
            path: /livez
            port: https
            scheme: HTTPS
          periodSeconds: 2
          failureThreshold: 30
        livenessProbe:
          httpGet:
            path: /livez
            port: https
            scheme: HTTPS
          periodSeconds: 20
          timeoutSeconds: 5
          failureThreshold: 3
        readinessProbe:
          httpGet:
            path: /readyz
            port: https
            scheme: HTTPS
          periodSeconds: 10
          timeoutSeconds: 5
        resources:
          {{- toYaml $values.resources | nindent 10 }}
        securityContext:
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities:
            drop:
            - ALL
        volumeMounts:
        - name: cache
          mountPath: /var/cache/rukpak
        - name: tmp
          mountPath: /tmp
      volumes:
      - name: cache
        emptyDir:
          sizeLimit: {{ $root.Values.volumes.cacheSizeLimit }}
      - name: tmp
        emptyDir:
          sizeLimit: {{ $root.Values.volumes.tmpSizeLimit }}
{{- end }}
