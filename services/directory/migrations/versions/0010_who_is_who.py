"""Deputies, departments and questions of offices; vacancies; contact pairs; what is lent."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BODIES = ("council", "committee", "coordinator", "caseworker", "centre", "operator")
ADDED = ("department-head", "bridge-builder")


def words(name: str, *allowed: str) -> sa.Enum:
    return sa.Enum(*allowed, name=name, native_enum=False, create_constraint=True, length=40)


def allow_bodies(*bodies: str) -> None:
    # The name that 0001's enumeration gave it.
    listed = ", ".join(f"'{body}'" for body in bodies)
    op.drop_constraint(op.f("body"), "office", type_="check")
    op.create_check_constraint(op.f("body"), "office", f"body IN ({listed})")


def upgrade() -> None:
    allow_bodies(*BODIES, *ADDED)
    op.add_column(
        "office", sa.Column("is_deputy", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column("office", sa.Column("department", sa.Text(), nullable=True))
    op.add_column("office", sa.Column("questions", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "vacancy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("body", words("body", *BODIES, *ADDED), nullable=False),
        sa.Column("vacant_on", sa.Date(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("came_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vacancy")),
    )
    op.create_index(
        "uq_vacancy_open",
        "vacancy",
        ["body"],
        unique=True,
        postgresql_where=sa.text("filled_at IS NULL"),
    )
    op.create_table(
        "contact_pair",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("staff_person_id", sa.Uuid(), nullable=False),
        sa.Column("association_person_id", sa.Uuid(), nullable=True),
        sa.Column("shown_by_municipality", sa.Boolean(), nullable=False),
        sa.Column("shown_by_association", sa.Boolean(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "ends_on IS NULL OR ends_on >= starts_on",
            name=op.f("ck_contact_pair_days_in_order"),
        ),
        sa.ForeignKeyConstraint(
            ["association_id"],
            ["association.id"],
            name=op.f("fk_contact_pair_association_id_association"),
        ),
        sa.ForeignKeyConstraint(
            ["staff_person_id"], ["person.id"], name=op.f("fk_contact_pair_staff_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["association_person_id"],
            ["person.id"],
            name=op.f("fk_contact_pair_association_person_id_person"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_pair")),
    )
    for column in ("association_id", "staff_person_id", "association_person_id"):
        op.create_index(f"ix_contact_pair_{column}", "contact_pair", [column])
    op.create_table(
        "competence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("association_id", sa.Uuid(), nullable=False),
        sa.Column("kind", words("kind", "speaker", "expertise"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("topics", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("terms", sa.Text(), nullable=True),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id"],
            ["association.id"],
            name=op.f("fk_competence_association_id_association"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_competence")),
    )
    op.create_index("ix_competence_association_id", "competence", ["association_id"])
    op.create_index("ix_competence_topics", "competence", ["topics"], postgresql_using="gin")


def downgrade() -> None:
    op.drop_table("competence")
    op.drop_table("contact_pair")
    op.drop_table("vacancy")
    for name in ("questions", "department", "is_deputy"):
        op.drop_column("office", name)
    op.execute("DELETE FROM office WHERE body IN ('department-head', 'bridge-builder')")
    allow_bodies(*BODIES)
