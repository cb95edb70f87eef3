/**
 * Who may import whom. Each rule's comment is the reason, and is what a violation prints.
 *
 * A package is imported by its name, which tsconfig.json maps to its source: such an import has the dependency type
 * `aliased-tsconfig`, and that is how a rule tells a public entry point from a reach into another package's folder.
 */

const STAGES = 'router|ingress|transfer|inbox|store|notify|subscription';

/**
 * The formats in which stages hand over work, and the measure of an input, which the gate takes of a socket's and the router of
 * everybody's: both ends run them, so their functions are shared, not only their types.
 */
const FORMATS = ['gate/measure-input', 'ingress/envelope', 'ingress/partition', 'notify/node-frame'];

/** Stage → the stages whose ports it may name. The flow runs one way; transfer also reads what ingress queued. */
const KNOWS = {
  router: ['ingress', 'inbox', 'store', 'notify', 'subscription'],
  ingress: ['notify'],
  transfer: ['ingress', 'inbox', 'store', 'notify'],
  inbox: ['store'],
  store: [],
  notify: [],
  subscription: ['inbox', 'store', 'notify'],
};

const server = (path) => `^packages/server/src/${path}`;
/** What implements a port stands beside it, named by its technology: `redis-inbox-seq.ts` and `memory-inbox-seq.ts`. */
const TWINS = server(`(?:${STAGES})/(?:memory|redis)-[^/]+\\.ts$`);
/** The part of the testkit that runs whole deployments; the rest judges storages and histories. */
const VERIFY = '^packages/testkit/src/verify(?:\\.ts$|/)';
/** The part of the testkit for tests of applications. */
const APPLICATION = '^packages/testkit/src/application(?:\\.ts$|/)';
const formats = FORMATS.map((file) => server(`${file}\\.ts$`));

const flow = Object.entries(KNOWS).map(([stage, known]) => ({
  name: `${stage}-follows-the-flow`,
  severity: 'error',
  comment:
    known.length > 0
      ? `The flow runs one way: ${stage} may know ${known.join(', ')}; a stage that knows those before it can't be read, tested or replaced alone.`
      : `The flow runs one way: ${stage} knows no other stage, so that it can be read, tested and replaced alone.`,
  from: { path: server(`${stage}/`) },
  to: { path: server(`(?:${STAGES})/`), pathNot: server(`(?:${[stage, ...known].join('|')})/`) },
}));

export default {
  forbidden: [
    {
      name: 'no-cycle',
      severity: 'error',
      comment:
        'Files that need each other are one file, or hide a third: no one of them can be read first. Types count too.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolved',
      severity: 'error',
      comment: 'An import that resolves to nothing escapes every rule here, and fails at run time.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-undeclared-dependency',
      severity: 'error',
      comment: 'What a published package imports stands in its own package.json, or its users lack it.',
      from: { path: '^packages/[^/]+/src/' },
      // An optional peer is declared, though it counts as without a package too.
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'], dependencyTypesNot: ['npm-peer'] },
    },
    {
      name: 'optional-peers-are-handed-in',
      severity: 'error',
      comment: 'An application without Redis has no ioredis: it hands its client in, and we name types alone.',
      from: { path: '^packages/server/src/' },
      to: { path: 'node_modules/ioredis/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'public-entry-points-only',
      severity: 'error',
      comment:
        "A package's files are its own: import it by its name, so that whatever its index doesn't name can change.",
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/', pathNot: '^packages/$1/', dependencyTypesNot: ['aliased-tsconfig'] },
    },
    {
      name: 'public-entry-points-only-outside',
      severity: 'error',
      comment: 'Examples, tests of the whole and benchmarks use what an application can: packages by their names.',
      from: { path: '^(?:examples|test|bench)/' },
      to: { path: '^packages/', dependencyTypesNot: ['aliased-tsconfig'] },
    },
    {
      name: 'no-source-imports-tests',
      severity: 'error',
      comment: 'What is published never needs what only proves it.',
      from: { path: '^packages/[^/]+/src/' },
      to: { path: '^(?:test|bench|examples|scripts)/|^packages/[^/]+/test/' },
    },
    {
      name: 'stages-know-no-feature',
      severity: 'error',
      comment: 'A stage moves any command by what the table of its feature says: a new feature changes no stage.',
      from: { path: server(`(?:${STAGES})/`) },
      to: {
        path: server('features/'),
        pathNot: server('features/(?:commands|command-definition|deciding|subjects)\\.ts$'),
      },
    },
    {
      name: 'features-know-no-stage',
      severity: 'error',
      comment: 'What a command means does not depend on how it travels.',
      from: { path: server('features/') },
      to: { path: server(`(?:${STAGES})/`) },
    },
    {
      name: 'core-stands-alone',
      severity: 'error',
      comment: 'core holds the words all packages share: it imports none of ours.',
      from: { path: '^packages/core/src/' },
      to: { path: '^packages/', pathNot: '^packages/core/' },
    },
    {
      name: 'portable-packages-have-no-node-modules',
      severity: 'error',
      comment: "core and client also run in browsers and in React Native, where Node's modules don't exist.",
      from: { path: '^packages/(?:core|client)/src/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'client-knows-core-only',
      severity: 'error',
      comment:
        'A front end that imports the client must not pull in a server or a store; the router reaches it as a type.',
      from: { path: '^packages/client/src/' },
      to: { path: '^packages/', pathNot: '^packages/(?:client|core)/' },
    },
    {
      name: 'storage-knows-core-only',
      severity: 'error',
      comment:
        'A storage implements the ports of core; what the SQL storages share is in storage-sql. It knows no one else.',
      from: { path: '^packages/(storage-[^/]+)/src/' },
      to: { path: '^packages/', pathNot: '^packages/(?:$1|core|storage-sql)/' },
    },
    {
      name: 'server-knows-no-storage',
      severity: 'error',
      comment:
        'The application hands a storage in; the server knows the ports of core alone, so that any storage will do.',
      from: { path: '^packages/server/src/' },
      to: { path: '^packages/', pathNot: '^packages/(?:server|core)/' },
    },
    {
      name: 'cli-knows-server-only',
      severity: 'error',
      comment: 'What stands in Redis is the business of the server: the command line asks it, and prints.',
      from: { path: '^packages/cli/src/' },
      to: { path: '^packages/', pathNot: '^packages/(?:cli|server|core)/' },
    },
    {
      name: 'metrics-observe-only',
      severity: 'error',
      comment:
        'Metrics stand on the typed events of a messaging that is handed in: they need its types, and run none of its code.',
      from: { path: '^packages/metrics/src/' },
      to: { path: '^packages/', pathNot: '^packages/(?:metrics|core)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'testkit-knows-core-only',
      severity: 'error',
      comment:
        'The conformance suite judges storages and servers by their ports; were it to know one, it would favour it.',
      from: { path: '^packages/testkit/src/', pathNot: [VERIFY, APPLICATION] },
      to: { path: '^packages/', pathNot: '^packages/(?:testkit|core)/' },
    },
    {
      name: 'verify-and-application-know-core-and-client-only',
      severity: 'error',
      comment: "Devices of a run are the real client; servers and storages are the application's, and handed in.",
      from: { path: [VERIFY, APPLICATION] },
      to: { path: '^packages/', pathNot: '^packages/(?:testkit|core|client)/' },
    },
    {
      name: 'conformance-runs-without-verify',
      severity: 'error',
      comment: 'Who tests a storage must not load a client, sockets and processes.',
      from: { path: '^packages/testkit/src/', pathNot: [VERIFY, '^packages/testkit/src/(?:faults|checker)/'] },
      to: { path: VERIFY },
    },
    {
      name: 'application-needs-no-runner',
      severity: 'error',
      comment: 'Tests of applications run in any runner: what is for them names none, and none of what does.',
      from: { path: APPLICATION },
      to: { path: ['^packages/testkit/src/', 'node_modules/vitest/'], pathNot: APPLICATION },
    },
    ...flow,
    {
      name: 'stages-meet-at-ports',
      severity: 'error',
      comment:
        'A stage is handed the others as ports: it imports their types, and runs none of their code but the formats both ends ' +
        'share. create-messaging.ts alone puts stages together.',
      from: { path: server(`(${STAGES})/`) },
      to: {
        path: server(`(?:${STAGES})/`),
        pathNot: [server('$1/'), ...formats],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'gate-stands-in-front',
      severity: 'error',
      comment:
        'The gate passes sockets to the router and to feeds, and knows no other stage; of the stages the router alone measures ' +
        'inputs with it.',
      from: { path: server('(?!gate/|router/|index|create-messaging)') },
      to: { path: server('gate/') },
    },
    {
      name: 'gate-knows-router-and-feeds',
      severity: 'error',
      comment: 'What is behind the queue is no business of whoever reads sockets.',
      from: { path: server('gate/') },
      to: { path: server(`(?:${STAGES})/`), pathNot: server('(?:router|subscription)/') },
    },
    {
      name: 'stages-know-no-backplane',
      severity: 'error',
      comment: 'Redis and its memory twin stand behind ports: a stage that named one would not run on the other.',
      from: { path: server(`(?:${STAGES})/`), pathNot: TWINS },
      to: { path: [server('redis/'), TWINS] },
    },
    {
      name: 'backplane-implements-ports',
      severity: 'error',
      comment:
        'A backplane implements the ports of stages and runs none of their code but the formats both ends share.',
      from: { path: server('(?:redis/|[^/]+-backplane\\.ts$)') },
      to: {
        path: server(`(?:${STAGES})/`),
        pathNot: [...formats, TWINS],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'create-messaging-alone-knows-all',
      severity: 'error',
      comment:
        'create-messaging.ts is the table of contents: the one place that puts the stages together, and on a backplane.',
      from: {
        path: server('[^/]+\\.ts$'),
        pathNot: server('(?:create-messaging|index|[^/]+-backplane)\\.ts$'),
      },
      to: {
        path: server(`(?:${STAGES}|redis)/`),
        pathNot: formats,
        dependencyTypesNot: ['type-only'],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^coverage/|^[^/]+/[^/]+/dist/' },
    // Imports of types are imports: they make cycles and break boundaries like any other.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
    },
  },
};
