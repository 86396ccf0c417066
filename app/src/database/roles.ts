/** Owns every table: for migrations and upkeep, nothing else. */
export const ownerRole = 'stock_owner';
/** Writes market data and works on jobs: for worker and scheduler. */
export const appRole = 'stock_app';
/** Reads, accepts jobs and checks API keys: for the API. */
export const readRole = 'stock_read';

/** The roles of the database, each with no more than it needs; what they may do is in app/database and the migrations. */
export const databaseRoles = [ownerRole, appRole, readRole] as const;
export type DatabaseRole = (typeof databaseRoles)[number];
