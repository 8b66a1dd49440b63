# One image, entry by argument: `trainer serve`, `trainer job --run ID`, `gateway serve`, `medlego ...`, `probe`.
#
#   docker build -t medlego/medlego:0.1.0 .
#   docker build -t medlego/medlego:0.1.0-gpu --target gpu .
#
# Behind a proxy with an authority of its own: --secret id=ca,src=FILE.
#
# Everything comes from package-lock.json; the sources run as they are (Node strips the types), so only the console is built.
ARG NODE_IMAGE=docker.io/library/node:22-bookworm-slim
# CUDA and cuDNN that ONNX Runtime's CUDA provider was built for: CUDA 12, cuDNN 9.
ARG CUDA_IMAGE=docker.io/nvidia/cuda:12.8.1-cudnn-runtime-ubuntu24.04

# What npm needs, alone: a change of a source file does not install anything anew.
FROM ${NODE_IMAGE} AS manifests
WORKDIR /src
COPY . .
RUN mkdir /manifests \
  && find . -name node_modules -prune -o \( -name package.json -o -name package-lock.json \) -print | tar cf - -T - | tar xf - -C /manifests

FROM ${NODE_IMAGE} AS console
WORKDIR /app
COPY --from=manifests /manifests ./
RUN --mount=type=secret,id=ca NODE_EXTRA_CA_CERTS=/run/secrets/ca npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN node tools/scripts/console.mjs

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
ARG NPM_APPS="apps/trainer apps/merger apps/evaluator apps/inference-gateway apps/cli"
COPY --from=manifests /manifests ./
RUN --mount=type=secret,id=ca set -e; workspaces=''; for app in $NPM_APPS; do workspaces="$workspaces --workspace $app"; done; \
  NODE_EXTRA_CA_CERTS=/run/secrets/ca npm ci --omit=dev --ignore-scripts --no-audit --no-fund $workspaces
# Programs of other machines, and what only a compiler or a debugger reads.
RUN arch=$(node -p process.arch) \
  && find node_modules/onnxruntime-node/bin -mindepth 2 -maxdepth 3 -type d \( -path '*/darwin*' -o -path '*/win32*' \) -prune -exec rm -rf {} + \
  && find node_modules/onnxruntime-node/bin -mindepth 3 -maxdepth 3 -type d ! -name "$arch" -exec rm -rf {} + \
  && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete

FROM dependencies AS cuda-provider
ARG ORT_CUDA=12
ENV ONNXRUNTIME_NODE_INSTALL_CUDA=v${ORT_CUDA}
RUN --mount=type=secret,id=ca apt-get update -qq && apt-get install -y -qq --no-install-recommends ca-certificates >/dev/null \
  && NODE_EXTRA_CA_CERTS=/run/secrets/ca node node_modules/onnxruntime-node/script/install.js

# The application, the same for both targets.
FROM ${NODE_IMAGE} AS application
WORKDIR /app
COPY package.json LICENSE ./
COPY tools/image tools/image
COPY models models
COPY data data
COPY docs/results/configs docs/results/configs
COPY libs libs
COPY apps apps
COPY --from=console /app/apps/console/dist apps/console/dist
RUN find . \( -name "*.spec.ts" -o -name golden \) -prune -exec rm -rf {} +

FROM ${CUDA_IMAGE} AS gpu
ARG VERSION=0.1.0
ARG REVISION=unknown
COPY --from=application /usr/local/bin/node /usr/local/bin/node
COPY --from=cuda-provider /app/node_modules /app/node_modules
COPY --from=application /app /app
WORKDIR /app
LABEL org.opencontainers.image.title="medlego" \
  org.opencontainers.image.description="Train specialists, merge them into a generalist, serve it (CUDA)" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production NODE_OPTIONS=--disable-warning=ExperimentalWarning MALLOC_MMAP_THRESHOLD_=1048576 MEDLEGO_HOME=/tmp/medlego \
  MEDLEGO_BACKBONES=/app/models MEDLEGO_CONSOLE=/app/apps/console/dist \
  NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility CUDA_CACHE_PATH=/tmp/cuda
USER 65532:65532
EXPOSE 7070 8080 9464
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/node", "/app/tools/image/entry.mjs"]

FROM ${NODE_IMAGE} AS cpu
ARG VERSION=0.1.0
ARG REVISION=unknown
COPY --from=dependencies /app/node_modules /app/node_modules
COPY --from=application /app /app
WORKDIR /app
LABEL org.opencontainers.image.title="medlego" \
  org.opencontainers.image.description="Train specialists, merge them into a generalist, serve it" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production NODE_OPTIONS=--disable-warning=ExperimentalWarning MALLOC_MMAP_THRESHOLD_=1048576 MEDLEGO_HOME=/tmp/medlego \
  MEDLEGO_BACKBONES=/app/models MEDLEGO_CONSOLE=/app/apps/console/dist
# npm and its friends are of no use to a running program, and an attack surface.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn-*
USER 65532:65532
EXPOSE 7070 8080 9464
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/node", "/app/tools/image/entry.mjs"]
