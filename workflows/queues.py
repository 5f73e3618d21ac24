"""Task queues: one for each scarce resource, one for everything that only touches our own stores."""

from typing import Final

#: Workflows, and activities on our own stores: on one queue, so that they are dispatched eagerly.
POST_QUEUE: Final = "postloom-posts"
TAGS_QUEUE: Final = "postloom-tags"
VISION_QUEUE: Final = "postloom-vision"
CRAWL_QUEUE: Final = "postloom-crawl"
