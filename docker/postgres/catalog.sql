-- The control database is made by the image; Iceberg's catalog has one of its own beside it.
CREATE DATABASE catalog;
