/** Time between two cells, for us and for the rival alike: far less than a model takes to answer. */
export const thinkMs = 20;
