#!/bin/sh
# Makes the two roles of the shop, or brings them up to date: the owner of the tables, for `migrate` alone, and the one
# that everything else signs in as, which reads and writes rows and changes no table.
#
# Postgres' image runs it when it makes the database. It may be run again at any time: after a change of passwords, and
# for a database that was made before there were two roles.
set -eu

psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\getenv owner_password POSTGRES_OWNER_PASSWORD
\getenv shop_password POSTGRES_SHOP_PASSWORD

-- Statements with passwords in them are not for the log.
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
SELECT format('CREATE ROLE %I LOGIN', role) FROM unnest('{amphi_owner,amphi_shop}'::text[]) AS role
WHERE role NOT IN (SELECT rolname FROM pg_roles) \gexec
ALTER ROLE amphi_owner NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
ALTER ROLE amphi_shop NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'shop_password';

SELECT current_database() AS shop \gset
REVOKE ALL ON DATABASE :"shop" FROM PUBLIC;
ALTER DATABASE :"shop" OWNER TO amphi_owner;
GRANT CONNECT ON DATABASE :"shop" TO amphi_shop;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO amphi_owner;
GRANT USAGE ON SCHEMA public TO amphi_shop;

-- Tables made by somebody else; a sequence of a column follows its table.
SELECT format('ALTER TABLE public.%I OWNER TO amphi_owner', relname) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') AND relowner <> 'amphi_owner'::regrole
\gexec
SELECT format('ALTER ROUTINE %s OWNER TO amphi_owner', oid::regprocedure) FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND proowner <> 'amphi_owner'::regrole \gexec

-- Rows of the tables there are, and of those that the owner will make.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO amphi_shop;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO amphi_shop;
ALTER DEFAULT PRIVILEGES FOR ROLE amphi_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO amphi_shop;
ALTER DEFAULT PRIVILEGES FOR ROLE amphi_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO amphi_shop;
SQL
