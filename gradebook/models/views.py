"""How a person looks at things: what decides nothing for anybody else."""

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gradebook.database import Base, Id


class GridView(Base):
    """How one teacher has arranged the grid of one class. No row: as it comes."""

    __tablename__ = "grid_views"
    __table_args__ = (ForeignKeyConstraint(["section_id", "school_id"], ["sections.id", "sections.school_id"]),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, autoincrement=False)
    section_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    hidden: Mapped[list[int]] = mapped_column(JSON, default=list)
    """Keys of the assignments whose columns this person does not see. They count and are exported as always."""
    arranged: Mapped[list[int]] = mapped_column(JSON, default=list)
    """Keys of assignments in the order chosen; one that is not named stands at the end of its category."""
    shows_percent: Mapped[bool] = mapped_column(default=False)
    """18 of 20 is shown as 18 (90%), where scripts run."""
