# One image, two targets: api and worker.

FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY libs/queue/package.json libs/queue/
RUN ["npm", "ci"]
COPY tsconfig.json nest-cli.json ./
COPY libs libs
COPY src src
COPY apps apps
RUN ["npm", "run", "build"]
RUN ["npm", "prune", "--omit=dev"]

FROM node:20-bookworm-slim AS shop
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/libs/queue/package.json libs/queue/
COPY --from=build /app/libs/queue/dist libs/queue/dist
COPY --from=build /app/dist dist
RUN ["install", "--directory", "--owner=node", "/app/data"]
USER node

FROM shop AS api
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:3000/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/apps/api/src/main.js"]

FROM shop AS worker
EXPOSE 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/apps/worker/src/main.js"]
