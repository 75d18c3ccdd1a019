-- version: changes with each commit of another connection.
PRAGMA data_version;

-- news: grows with each commit that somebody may wait for.
SELECT sum(news) FROM lanes;
