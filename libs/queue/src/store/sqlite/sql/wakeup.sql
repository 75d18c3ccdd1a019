-- version: changes with each commit of another connection.
PRAGMA data_version;

-- news: grows with each commit that somebody may wait for.
SELECT coalesce(sum(lanes.news), 0) + (SELECT book.news FROM book) FROM lanes;
