// Many tests work on a real database or start processes; on a busy machine these take their time.
jest.setTimeout(60_000);
