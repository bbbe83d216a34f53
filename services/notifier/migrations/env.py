from chassis import migrations
from services.notifier.model import Base

migrations.run(Base.metadata)
