"""the words of messages, folded, to be searched

Revision ID: 0022
Revises: 0021
Create Date: 2026-11-21

SQLite has an index of its own kind beside the table (FTS5), which triggers keep; PostgreSQL a column of its own kind.
Neither is in the models: the search asks for them by name (services/message_search.py).
"""
import re
import unicodedata

from alembic import op
import sqlalchemy as sa


revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None

AT_ONCE = 1000
ADD = "INSERT INTO message_search(rowid, folded) VALUES (new.id, new.folded);"
DROP = "INSERT INTO message_search(message_search, rowid, folded) VALUES ('delete', old.id, old.folded);"


def upgrade():
    op.add_column('messages', sa.Column('folded', sa.Text(), nullable=False, server_default=''))
    _fold()
    if op.get_bind().dialect.name == 'postgresql':
        op.execute("ALTER TABLE messages ADD COLUMN searched tsvector"
                   " GENERATED ALWAYS AS (to_tsvector('simple', folded)) STORED")
        return
    op.execute("CREATE VIRTUAL TABLE message_search USING fts5"
               "(folded, content='messages', content_rowid='id', tokenize='unicode61 remove_diacritics 0')")
    op.execute("INSERT INTO message_search(message_search) VALUES ('rebuild')")
    op.execute(f"CREATE TRIGGER message_search_add AFTER INSERT ON messages BEGIN {ADD} END")
    op.execute(f"CREATE TRIGGER message_search_change AFTER UPDATE OF folded ON messages BEGIN {DROP} {ADD} END")
    op.execute(f"CREATE TRIGGER message_search_drop AFTER DELETE ON messages BEGIN {DROP} END")


def _fold():
    connection, last = op.get_bind(), 0
    while True:
        rows = connection.execute(
            sa.text("SELECT id, body FROM messages WHERE id > :last ORDER BY id LIMIT :many"),
            {'last': last, 'many': AT_ONCE},
        ).all()
        if not rows:
            return
        values = [{'id': row.id, 'folded': _folded(row.body)} for row in rows]
        connection.execute(sa.text("UPDATE messages SET folded = :folded WHERE id = :id"), values)
        last = rows[-1].id


def _folded(body):
    plain = unicodedata.normalize('NFKD', body.casefold())
    letters = ''.join(letter for letter in plain if not unicodedata.combining(letter))
    return ' '.join(re.findall(r'[^\W_]+', letters))


def downgrade():
    if op.get_bind().dialect.name == 'postgresql':
        op.drop_column('messages', 'searched')
    else:
        for trigger in ('add', 'change', 'drop'):
            op.execute(f"DROP TRIGGER message_search_{trigger}")
        op.execute("DROP TABLE message_search")
    op.drop_column('messages', 'folded')
