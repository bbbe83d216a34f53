from chassis import migrations
from services.grants.model import Base

migrations.run(Base.metadata)
