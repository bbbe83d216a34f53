from chassis import migrations
from tests.support.sample.model import ShelfBase

migrations.run(ShelfBase.metadata)
