sqlite3 data.db <<'EOF'
CREATE TABLE city(id INTEGER PRIMARY KEY, name TEXT, country INTEGER);
CREATE TABLE country(id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO country VALUES (1, 'Aotearoa'), (2, 'Rapa Nui');
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
INSERT INTO city SELECT i, 'city ' || (i * 7919 % 2000), 1 + i % 2 FROM n;
COMMIT;
CREATE INDEX by_name ON city(name);
SELECT country.name, count(*), min(city.name), max(city.id) FROM city JOIN country ON country.id = city.country
 GROUP BY country.name ORDER BY 1;
SELECT id FROM city WHERE name = 'city 42';
PRAGMA integrity_check;
EOF
sqlite3 data.db "DELETE FROM city WHERE id % 3 = 0; VACUUM; SELECT count(*), sum(id) FROM city"
ls data.db*
