from chassis import migrations
from services.directory.model import Base

migrations.run(Base.metadata)
