/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One piece for elements of ELEM's size: included by strided.c. */

static void COPY(const piece_t *p)
{
    ELEM *restrict to = (ELEM *)p->to;
    const ELEM *restrict from = (const ELEM *)p->from;
    const int64_t rows = p->rows, columns = p->columns, to_rs = p->to_rs, to_cs = p->to_cs,
                  from_rs = p->from_rs, from_cs = p->from_cs;
    if (to_cs == 1 && from_cs == 1) {
        for (int64_t i = 0; i < rows; i++)
            copy_run(to + i * to_rs, from + i * from_rs, columns * (int64_t)sizeof(ELEM));
    } else if (from_rs == 1 && rows == TILE) {
        for (int64_t j = 0; j < columns; j++)
            for (int64_t i = 0; i < TILE; i++)
                to[i * to_rs + j * to_cs] = from[i + j * from_cs];
    } else if (to_cs == 1) {
        for (int64_t i = 0; i < rows; i++)
            for (int64_t j = 0; j < columns; j++)
                to[i * to_rs + j] = from[i * from_rs + j * from_cs];
    } else {
        for (int64_t i = 0; i < rows; i++)
            for (int64_t j = 0; j < columns; j++)
                to[i * to_rs + j * to_cs] = from[i * from_rs + j * from_cs];
    }
}

#undef ELEM
#undef COPY
