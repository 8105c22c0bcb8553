-- What tables do not say of live jobs: the code that each was started with, and an exchange of two
-- that is under way.
CREATE TABLE tidemark_live_job (
  name TEXT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  document TEXT NOT NULL,
  updated BIGINT NOT NULL
);
