"""writing closed for a role, for everyone, or for addresses; until when; and a copy on the school's row

Revision ID: 0029
Revises: 0028
Create Date: 2026-11-22

"""
import json

from alembic import op
import sqlalchemy as sa


revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
SCOPES = ('everyone', 'guardians', 'links', 'person', 'teachers')


def upgrade():
    with op.batch_alter_table('writing_closures') as batch:
        batch.add_column(sa.Column('scope', sa.String(length=20), nullable=False, server_default='person'))
        batch.add_column(sa.Column('ends_at', sa.DateTime(timezone=True), nullable=True))
        batch.alter_column('user_id', existing_type=ID, nullable=True)
        batch.create_check_constraint(op.f('ck_writing_closures_scope'), sa.column('scope').in_(SCOPES))
        batch.create_check_constraint(
            op.f('ck_writing_closures_a_person_is_named'), "(scope = 'person') = (user_id IS NOT NULL)"
        )
        batch.create_check_constraint(
            op.f('ck_writing_closures_ends_after_its_beginning'), 'ends_at IS NULL OR ends_at > closed_at'
        )
    with op.batch_alter_table('writing_closures') as batch:
        batch.alter_column('scope', existing_type=sa.String(length=20), server_default=None)
    op.add_column('schools', sa.Column('closures', sa.JSON(), nullable=True))
    connection = op.get_bind()
    closed = sa.table('writing_closures', *map(sa.column, ('school_id', 'public_id', 'user_id', 'opened_at', 'id')))
    copies = {}
    for row in connection.execute(sa.select(closed).where(closed.c.opened_at.is_(None)).order_by(closed.c.id)):
        copies.setdefault(row.school_id, []).append({'key': row.public_id, 'scope': 'person', 'user': row.user_id, 'until': None})
    for school_id, copy in copies.items():
        connection.execute(
            sa.text('UPDATE schools SET closures = :copy WHERE id = :id'), {'copy': json.dumps(copy), 'id': school_id}
        )


def downgrade():
    op.drop_column('schools', 'closures')
    op.execute("DELETE FROM writing_closures WHERE scope <> 'person'")
    op.execute(
        'UPDATE writing_closures SET opened_at = ends_at, opened_by = closed_by'
        ' WHERE opened_at IS NULL AND ends_at <= CURRENT_TIMESTAMP'
    )
    with op.batch_alter_table('writing_closures') as batch:
        batch.drop_constraint(op.f('ck_writing_closures_ends_after_its_beginning'), type_='check')
        batch.drop_constraint(op.f('ck_writing_closures_a_person_is_named'), type_='check')
        batch.drop_constraint(op.f('ck_writing_closures_scope'), type_='check')
        batch.alter_column('user_id', existing_type=ID, nullable=False)
        batch.drop_column('ends_at')
        batch.drop_column('scope')
