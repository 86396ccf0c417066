@rem What sh has built in: a signal reaches the program itself, and no shell before it (npm start).
@%*
