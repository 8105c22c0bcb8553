/**
 * YAML with the place of every value, keys that must be known, and limits that no file can pass;
 * the problems that reading collects.
 *
 * <p>Entry types are {@link io.tidemark.spec.yaml.YamlFile} and {@link
 * io.tidemark.spec.yaml.Problems}. Nothing here knows what a key means.
 */
package io.tidemark.spec.yaml;
