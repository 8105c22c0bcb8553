-- When a run came into each of its states: how long a publish took, how often a run was taken up again.
CREATE TABLE tidemark_transition (
  run_id TEXT NOT NULL REFERENCES tidemark_run (id),
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  entered BIGINT NOT NULL
);

CREATE INDEX tidemark_transition_entered ON tidemark_transition (entered);
