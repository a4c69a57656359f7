"""the audit log is only added to, and chained

Revision ID: 0017
Revises: 0016
Create Date: 2026-11-21

"""
import json
from datetime import timezone
from hashlib import sha256

from alembic import op
import sqlalchemy as sa


revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
AT_A_TIME = 1000
ADDED_TO = 'The audit log is only added to'

ENTRIES = sa.table(
    'audit_entries',
    sa.column('id', ID),
    sa.column('school_id', ID),
    sa.column('at', sa.DateTime(timezone=True)),
    sa.column('actor_id', ID),
    sa.column('act', sa.String()),
    sa.column('person_id', ID),
    sa.column('section_id', ID),
    sa.column('facts', sa.JSON()),
    sa.column('digest', sa.String()),
)
SEALS = sa.table('audit_seals', sa.column('number', ID), sa.column('entry_id', ID), sa.column('hash', sa.String()))
HEAD = sa.table('audit_head', sa.column('id', sa.Integer()), sa.column('number', ID), sa.column('hash', sa.String()))

# SQLite: INSERT OR REPLACE removes a row without asking the trigger of DELETE, so that it needs one of its own.
SQLITE_UP = [
    f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} BEGIN SELECT RAISE(ABORT, '{ADDED_TO}'); END"
    for table in ('audit_entries', 'audit_seals')
    for act in ('UPDATE', 'DELETE')
] + [
    "CREATE TRIGGER audit_entries_no_replace BEFORE INSERT ON audit_entries"
    " WHEN EXISTS (SELECT 1 FROM audit_entries WHERE id = NEW.id)"
    f" BEGIN SELECT RAISE(ABORT, '{ADDED_TO}'); END",
    "CREATE TRIGGER audit_seals_no_replace BEFORE INSERT ON audit_seals"
    " WHEN EXISTS (SELECT 1 FROM audit_seals WHERE number = NEW.number OR entry_id = NEW.entry_id)"
    f" BEGIN SELECT RAISE(ABORT, '{ADDED_TO}'); END",
    "CREATE TRIGGER audit_head_no_replace BEFORE INSERT ON audit_head WHEN EXISTS (SELECT 1 FROM audit_head)"
    f" BEGIN SELECT RAISE(ABORT, '{ADDED_TO}'); END",
    f"CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head BEGIN SELECT RAISE(ABORT, '{ADDED_TO}'); END",
    "CREATE TRIGGER audit_head_no_update BEFORE UPDATE ON audit_head WHEN NEW.number <= OLD.number"
    f" BEGIN SELECT RAISE(ABORT, '{ADDED_TO}'); END",
    # One process writes at a time, so that sealing at once holds nobody up. sha256_of: gradebook/database.py.
    """
    CREATE TRIGGER audit_entries_sealed AFTER INSERT ON audit_entries BEGIN
      INSERT INTO audit_seals (number, entry_id, hash)
        SELECT number + 1, NEW.id,
          sha256_of(hash || char(10) || (number + 1) || char(10) || NEW.id || char(10) || NEW.digest)
        FROM audit_head;
      UPDATE audit_head SET
        number = number + 1, hash = (SELECT hash FROM audit_seals WHERE number = audit_head.number + 1);
    END
    """,
]
SQLITE_DOWN = [
    f'DROP TRIGGER {table}_no_{act}'
    for table in ('audit_entries', 'audit_seals', 'audit_head')
    for act in ('update', 'delete', 'replace')
] + ['DROP TRIGGER audit_entries_sealed']

POSTGRESQL_UP = [
    "CREATE FUNCTION audit_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN RAISE EXCEPTION '{ADDED_TO}'; END $$",
    *(
        f"CREATE TRIGGER {table}_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_is_only_added_to()"
        for table in ('audit_entries', 'audit_seals')
    ),
    "CREATE TRIGGER audit_head_stays BEFORE DELETE OR TRUNCATE ON audit_head"
    " FOR EACH STATEMENT EXECUTE FUNCTION audit_is_only_added_to()",
    "CREATE TRIGGER audit_head_grows BEFORE UPDATE ON audit_head FOR EACH ROW WHEN (NEW.number <= OLD.number)"
    " EXECUTE FUNCTION audit_is_only_added_to()",
    # At the commit: locked earlier, the head would make acts wait for each other, and could lock two of them for ever.
    # With the owner's rights, so that the role that serves needs none to seals and head.
    """
    CREATE FUNCTION seal_audit_entry() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    DECLARE place bigint; sealed text; BEGIN
      SELECT number + 1, hash INTO place, sealed FROM audit_head FOR UPDATE;
      sealed := encode(sha256(convert_to(
        sealed || chr(10) || place || chr(10) || NEW.id || chr(10) || NEW.digest, 'UTF8')), 'hex');
      INSERT INTO audit_seals (number, entry_id, hash) VALUES (place, NEW.id, sealed);
      UPDATE audit_head SET number = place, hash = sealed;
      RETURN NULL;
    END $$
    """,
    "CREATE CONSTRAINT TRIGGER audit_entries_sealed AFTER INSERT ON audit_entries DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW EXECUTE FUNCTION seal_audit_entry()",
    # Whoever serves without owning the tables may read, and add entries. `flask create-database-roles` gives rights
    # anew, and takes the same back.
    """
    DO $$ DECLARE guest text; BEGIN
      FOR guest IN SELECT DISTINCT CASE grantee WHEN 'PUBLIC' THEN 'PUBLIC' ELSE quote_ident(grantee) END
        FROM information_schema.role_table_grants
        WHERE table_schema = current_schema() AND table_name IN ('audit_entries', 'audit_seals', 'audit_head')
          AND grantee <> current_user
      LOOP
        EXECUTE 'REVOKE UPDATE, DELETE, TRUNCATE ON audit_entries FROM ' || guest;
        EXECUTE 'REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON audit_seals, audit_head FROM ' || guest;
      END LOOP;
    END $$
    """,
]
POSTGRESQL_DOWN = [
    'DROP TRIGGER audit_entries_only_added_to ON audit_entries',
    'DROP TRIGGER audit_entries_sealed ON audit_entries',
    'DROP FUNCTION seal_audit_entry()',
    """
    DO $$ DECLARE guest text; BEGIN
      FOR guest IN SELECT DISTINCT CASE grantee WHEN 'PUBLIC' THEN 'PUBLIC' ELSE quote_ident(grantee) END
        FROM information_schema.role_table_grants
        WHERE table_schema = current_schema() AND table_name = 'audit_entries' AND privilege_type = 'INSERT'
          AND grantee <> current_user
      LOOP
        EXECUTE 'GRANT UPDATE, DELETE ON audit_entries TO ' || guest;
      END LOOP;
    END $$
    """,
]


def upgrade():
    op.add_column('audit_entries', sa.Column('digest', sa.String(length=64), server_default='', nullable=False))
    op.create_table('audit_seals',
    sa.Column('number', ID, autoincrement=False, nullable=False),
    sa.Column('entry_id', ID, nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['audit_entries.id'], name=op.f('fk_audit_seals_entry_id')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_audit_seals')),
    sa.UniqueConstraint('entry_id', name=op.f('uq_audit_seals_entry_id'))
    )
    op.create_table('audit_head',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('number', ID, nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_audit_head_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_head'))
    )
    number, newest = chain(op.get_bind())
    op.execute(HEAD.insert().values(id=1, number=number, hash=newest))
    for statement in SQLITE_UP if op.get_bind().dialect.name == 'sqlite' else POSTGRESQL_UP:
        op.execute(statement)


def downgrade():
    """What the entries say stays; the chain is made anew on the way up."""
    is_sqlite = op.get_bind().dialect.name == 'sqlite'
    for statement in SQLITE_DOWN if is_sqlite else POSTGRESQL_DOWN:
        op.execute(statement)
    op.drop_table('audit_head')
    op.drop_table('audit_seals')
    if not is_sqlite:
        op.execute('DROP FUNCTION audit_is_only_added_to()')
    op.drop_column('audit_entries', 'digest')


def chain(connection):
    """Seal what is there, in the order in which it was written. The number and the hash of the last."""
    number, newest, last_id = 0, '0' * 64, 0
    while True:
        page = ENTRIES.select().where(ENTRIES.c.id > last_id).order_by(ENTRIES.c.id).limit(AT_A_TIME)
        entries = connection.execute(page).all()
        if not entries:
            return number, newest
        seals, digests = [], []
        for entry in entries:
            number, last_id = number + 1, entry.id
            digest = digest_of(entry)
            newest = sha256_of(f'{newest}\n{number}\n{entry.id}\n{digest}')
            digests.append({'key': entry.id, 'value': digest})
            seals.append({'number': number, 'entry_id': entry.id, 'hash': newest})
        one = ENTRIES.update().where(ENTRIES.c.id == sa.bindparam('key'))
        connection.execute(one.values(digest=sa.bindparam('value')), digests)
        connection.execute(SEALS.insert(), seals)


def digest_of(entry):
    """As the application makes it (gradebook/models/audit.py)."""
    at = entry.at.replace(tzinfo=timezone.utc) if entry.at.tzinfo is None else entry.at.astimezone(timezone.utc)
    values = [
        at.isoformat(timespec='microseconds'), entry.act, entry.school_id, entry.actor_id, entry.person_id,
        entry.section_id, entry.facts,
    ]
    return sha256_of(json.dumps(values, sort_keys=True, separators=(',', ':')))


def sha256_of(text):
    return sha256(text.encode()).hexdigest()
