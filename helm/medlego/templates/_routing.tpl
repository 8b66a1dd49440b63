{{/* gRPC services by the component that answers them. YAML. */}}
{{- define "medlego.rpcServices" -}}
trainer: [medlego.v1.Training, medlego.v1.Registry]
merger: [medlego.v1.Merging]
evaluator: [medlego.v1.Evaluation]
gateway: [inference.GRPCInferenceService]
{{- end }}
