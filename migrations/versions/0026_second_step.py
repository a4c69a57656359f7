"""the second step of signing in: authenticator apps, recovery codes, trusted devices

Revision ID: 0026
Revises: 0025
Create Date: 2026-11-22

"""
from alembic import op
import sqlalchemy as sa


revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade():
    _make_attempts('code', 'password', 'step')
    op.add_column('known_devices', sa.Column('trusted_until', sa.DateTime(timezone=True), nullable=True))
    op.add_column('known_devices', sa.Column('trust_epoch', sa.Integer(), nullable=True))
    op.add_column('login_sessions', sa.Column('awaits_step', sa.Boolean(), server_default=sa.false(), nullable=False))
    # A check of the column's own, which SQLite drops with the column; Alembic would have to copy the table.
    op.execute(
        "ALTER TABLE login_sessions ADD COLUMN step_kind VARCHAR(20) "
        "CONSTRAINT ck_login_sessions_step_kind CHECK (step_kind IN ('app', 'device', 'recovery'))"
    )
    op.add_column('login_sessions', sa.Column('stepped_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('schools', sa.Column('teachers_take_step', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table('authenticators',
    sa.Column('user_id', ID, nullable=False),
    sa.Column('seed', sa.String(length=64), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_counter', sa.Integer(), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('end', sa.Enum('replaced', 'reset', 'turned off', name='end', native_enum=False, create_constraint=True, length=20), nullable=True),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_authenticators_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_authenticators'))
    )
    op.create_index('ix_authenticators_user_id', 'authenticators', ['user_id'])
    in_use = sa.text('confirmed_at IS NOT NULL AND ended_at IS NULL')
    op.create_index(
        'uq_authenticators_in_use', 'authenticators', ['user_id'], unique=True,
        sqlite_where=in_use, postgresql_where=in_use,
    )
    op.create_table('recovery_codes',
    sa.Column('user_id', ID, nullable=False),
    sa.Column('code_hash', sa.String(length=64), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', ID, nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_recovery_codes_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recovery_codes')),
    sa.UniqueConstraint('user_id', 'code_hash', name=op.f('uq_recovery_codes_user_id_code_hash'))
    )


def downgrade():
    op.drop_table('recovery_codes')
    op.drop_table('authenticators')
    op.drop_column('schools', 'teachers_take_step')
    # A session that still waits for its code would be one that waits for nothing.
    op.execute("DELETE FROM login_sessions WHERE awaits_step")
    op.drop_column('login_sessions', 'stepped_at')
    op.drop_column('login_sessions', 'step_kind')
    op.drop_column('login_sessions', 'awaits_step')
    op.drop_column('known_devices', 'trust_epoch')
    op.drop_column('known_devices', 'trusted_until')
    _make_attempts('code', 'password')


def _make_attempts(*kinds):
    """Anew, with these kinds: what it holds is of no use after five minutes."""
    op.drop_table('attempts')
    op.create_table('attempts',
    sa.Column('kind', sa.Enum(*kinds, name='kind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('account_key', sa.String(length=64), nullable=False),
    sa.Column('network', sa.String(length=64), nullable=False),
    sa.Column('device_hash', sa.String(length=64), nullable=True),
    sa.Column('id', ID, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attempts'))
    )
    op.create_index('ix_attempts_account_key_at', 'attempts', ['account_key', 'at'])
    op.create_index('ix_attempts_network_at', 'attempts', ['network', 'at'])
    op.create_index('ix_attempts_at', 'attempts', ['at'])
