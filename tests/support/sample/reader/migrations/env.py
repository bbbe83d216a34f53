from chassis import migrations
from tests.support.sample.model import ReaderBase

migrations.run(ReaderBase.metadata)
