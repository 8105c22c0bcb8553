package io.tidemark.spec;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import io.tidemark.spec.yaml.Located;
import io.tidemark.spec.yaml.Problems;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The frame of a golden CSV file: its header, and (the parser sees to it) lines of equal length.
 */
final class Csv {
  private Csv() {}

  /** The column names, placed at the reference to the file; empty if it is no such CSV. */
  static Optional<List<Located<String>>> header(
      String csv, Located<String> file, Problems problems) {
    List<Located<String>> header = new ArrayList<>();
    try (CsvReader<CsvRecord> reader = CsvReader.builder().ofCsvRecord(csv)) {
      for (CsvRecord line : reader) {
        if (header.isEmpty()) {
          line.getFields().forEach(name -> header.add(new Located<>(name, file.where())));
        }
      }
    } catch (CsvParseException | IOException e) {
      problems.add(
          file.where(),
          "TM-SPEC-036",
          "the golden file '" + file.value() + "' is no CSV",
          String.valueOf(e.getMessage()),
          "correct the file");
      return Optional.empty();
    }
    if (header.isEmpty()) {
      problems.add(
          file.where(),
          "TM-SPEC-036",
          "the golden file '" + file.value() + "' is empty",
          "",
          "write a header line with column names, and rows");
      return Optional.empty();
    }
    return Optional.of(header);
  }
}
