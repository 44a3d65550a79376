/* SPDX-License-Identifier: Apache-2.0
 *
 * lac_sparse.c - compressed sparse matrices: check them, turn columns into rows and back */
#include <stddef.h>

#include "lacuna.h"

static lac_status fault(uint32_t *where, uint32_t at)
{
    if (where)
        *where = at;
    return LAC_E_ARG;
}

lac_status lac_csc_check(const lac_csc *m, uint32_t nnz, uint32_t *where)
{
    if (!m || m->rows < 1u || m->rows > 65535u || m->cols < 1u || m->cols > 65535u || !m->col_ptr
        || (nnz && (!m->values || !m->row_idx)))
        return fault(where, 0u);

    if (m->col_ptr[0] != 0u)
        return fault(where, 0u);
    for (uint32_t c = 1; c <= m->cols; c++)
        if (m->col_ptr[c] < m->col_ptr[c - 1u] || m->col_ptr[c] > nnz)
            return fault(where, c);
    if (m->col_ptr[m->cols] != nnz)
        return fault(where, m->cols);

    for (uint32_t c = 0; c < m->cols; c++)
        for (uint32_t i = m->col_ptr[c]; i < m->col_ptr[c + 1u]; i++)
            if (m->row_idx[i] >= m->rows || (i > m->col_ptr[c] && m->row_idx[i] <= m->row_idx[i - 1u]))
                return fault(where, i);
    return LAC_OK;
}

/* A counting sort by the index; the pointers themselves serve as counters, so it needs no memory of its own. */
static lac_status transpose(const lac_csc *m, uint32_t nnz, int16_t *values, uint16_t *idx, uint32_t *ptr)
{
    const lac_status s = lac_csc_check(m, nnz, NULL);
    if (s != LAC_OK)
        return s;
    if (!ptr || (nnz && (!values || !idx)))
        return LAC_E_ARG;

    for (uint32_t r = 0; r <= m->rows; r++)
        ptr[r] = 0u;
    for (uint32_t i = 0; i < nnz; i++)
        ptr[m->row_idx[i] + 1u]++;
    for (uint32_t r = 0; r < m->rows; r++)
        ptr[r + 1u] += ptr[r];

    /* ptr[r] walks through row r and ends where row r + 1 begins: shifted by one, it is right again. */
    for (uint32_t c = 0; c < m->cols; c++)
        for (uint32_t i = m->col_ptr[c]; i < m->col_ptr[c + 1u]; i++) {
            const uint32_t at = ptr[m->row_idx[i]]++;
            values[at] = m->values[i];
            idx[at] = (uint16_t)c;
        }
    for (uint32_t r = m->rows; r > 0u; r--)
        ptr[r] = ptr[r - 1u];
    ptr[0] = 0u;
    return LAC_OK;
}

lac_status lac_csr_to_csc(const lac_csc *csr, uint32_t nnz, int16_t *values, uint16_t *row_idx, uint32_t *col_ptr)
{
    return transpose(csr, nnz, values, row_idx, col_ptr);
}

lac_status lac_csc_to_csr(const lac_csc *csc, uint32_t nnz, int16_t *values, uint16_t *col_idx, uint32_t *row_ptr)
{
    return transpose(csc, nnz, values, col_idx, row_ptr);
}
