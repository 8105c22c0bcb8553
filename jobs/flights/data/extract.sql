-- Makes flights.parquet from flights-3m.parquet of the npm package vega-datasets 3.2.1, with DuckDB:
--   duckdb -c "SET VARIABLE source = 'flights-3m.parquet'" -f extract.sql
-- One thread and a total order, so that the same DuckDB writes the same bytes.
SET threads = 1;
SET VARIABLE every = coalesce(getvariable('every'), 15);
SET VARIABLE first = coalesce(getvariable('first'), 8);
COPY (
  SELECT
    file_row_number AS flight_id,
    date,
    delay::INTEGER AS delay,
    distance::INTEGER AS distance,
    origin,
    destination
  FROM read_parquet(getvariable('source'), file_row_number = true)
  WHERE file_row_number % getvariable('every') = getvariable('first')
  ORDER BY flight_id
) TO 'flights.parquet' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 19, ROW_GROUP_SIZE 200000);
