from chassis import migrations
from services.meetings.model import Base

migrations.run(Base.metadata)
