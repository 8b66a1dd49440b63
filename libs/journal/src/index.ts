export { openJournal, type Journal } from './journal.ts';
