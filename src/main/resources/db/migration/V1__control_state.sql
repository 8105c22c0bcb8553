-- One text for SQLite and PostgreSQL. Times are microseconds since 1970-01-01T00:00Z.
CREATE TABLE tidemark_run (
  id TEXT NOT NULL PRIMARY KEY,
  state TEXT NOT NULL,
  plan_document TEXT NOT NULL,
  graph_document TEXT NOT NULL,
  reason TEXT NOT NULL,
  created BIGINT NOT NULL,
  updated BIGINT NOT NULL
);

CREATE INDEX tidemark_run_created ON tidemark_run (created);

CREATE TABLE tidemark_step (
  run_id TEXT NOT NULL REFERENCES tidemark_run (id),
  step_id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  result TEXT NOT NULL,
  finished BIGINT NOT NULL,
  PRIMARY KEY (run_id, step_id)
);

CREATE TABLE tidemark_evidence (
  run_id TEXT NOT NULL REFERENCES tidemark_run (id),
  dataset TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (run_id, dataset)
);

CREATE TABLE tidemark_lease (
  name TEXT NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  expires BIGINT NOT NULL
);

CREATE TABLE tidemark_rate (
  dataset TEXT NOT NULL PRIMARY KEY,
  bytes_per_second DOUBLE PRECISION NOT NULL
);
