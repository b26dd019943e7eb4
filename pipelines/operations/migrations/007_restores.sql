create table restores ( -- what happened up to then may have been told by the file that was lost: it is held
    restored_at text primary key not null,
    made_at text not null -- when the back-up was made
) strict, without rowid;
