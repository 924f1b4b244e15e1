# The images of production: `market` (api, worker, migrate) and `ingest` (the worker that reads repositories of strangers).
# docker-compose.yml builds both. Nothing in them is for development, and no secret is: those come with the environment.

# The same version as tools/local-runtime. For a build that cannot change, add the digest: docker buildx imagetools inspect.
ARG NODE_IMAGE=node:24.21.0-trixie-slim

# What production needs of node_modules. Temporal brings its native part for five platforms, and one of them is ours.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm exec --yes --package=npm@11.16.0 -- npm ci --omit=dev --ignore-scripts \
  && cd node_modules/@temporalio/core-bridge/releases \
  && find . -mindepth 1 -maxdepth 1 ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} +

# The workflows in one file. A worker in production does not start without it.
FROM dependencies AS workflows
COPY src ./src
COPY sandbox/workflow-bundle.ts ./sandbox/
COPY scripts/bundle-workflows.ts ./scripts/
RUN node scripts/bundle-workflows.ts workflows.js

FROM ${NODE_IMAGE} AS base
LABEL org.opencontainers.image.title="packagento" \
  org.opencontainers.image.description="A marketplace for Composer packages that AI assistants drive over MCP" \
  org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production \
  HOST=0.0.0.0 \
  PORT=3000 \
  STORAGE_DIR=/var/lib/packagento/storage \
  WORKFLOW_BUNDLE=/app/workflows.js \
  HEALTH_FILE=/tmp/healthy \
  UV_THREADPOOL_SIZE=8
WORKDIR /app
# Nothing is installed in a container that runs. A new volume takes the owner of the folder on which it is mounted.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn* /usr/local/bin/yarn* \
  && install -d -o node -g node -m 0750 /var/lib/packagento /var/lib/packagento/storage
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=workflows /app/workflows.js ./
COPY package.json LICENSE ./
COPY docs/composer.md docs/connecting.md docs/publishing.md docs/verifying.md ./docs/
COPY migrations ./migrations
COPY src ./src
COPY scripts/market.ts scripts/admin.ts scripts/audit-verify.ts scripts/block-client.ts scripts/vendors.ts ./scripts/
COPY scripts/admin ./scripts/admin
COPY scripts/reconcile ./scripts/reconcile
STOPSIGNAL SIGTERM

# Git reads repositories, PHP checks syntax, bubblewrap isolates both where the host lets a container make namespaces.
FROM base AS ingest
RUN apt-get update \
  && apt-get install --yes --no-install-recommends bubblewrap ca-certificates git php-cli \
  && rm -rf /var/lib/apt/lists/* \
  && install -d -o node -g node -m 0700 /var/lib/packagento/ingest
ENV WORKER_QUEUES=git-ingest \
  INGEST_DIR=/var/lib/packagento/ingest
USER node
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["sh", "-c", "find /tmp/healthy -mmin -1 | grep -q ."]
CMD ["node", "src/bin/worker.ts"]

# The last stage is what a build without a target makes.
FROM base AS market
USER node
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/bin/api.ts"]
