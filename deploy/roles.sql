-- The three database roles of the portal, on a PostgreSQL 15 or newer of your own. Run as its superuser:
--   psql -v owner_password=… -v application_password=… -v reader_password=… -f deploy/roles.sql
-- The owner changes the schema (migrations), the application changes rows, the reader reads.
-- Their rights on the tables are granted by `manage.py migrate`, every time.
CREATE ROLE portal_owner LOGIN NOSUPERUSER CREATEDB PASSWORD :'owner_password';
CREATE ROLE portal_app LOGIN NOSUPERUSER PASSWORD :'application_password';
CREATE ROLE portal_read LOGIN NOSUPERUSER PASSWORD :'reader_password';
GRANT portal_app, portal_read TO portal_owner;
CREATE DATABASE cixi_portal OWNER portal_owner TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8';
