/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Alone in its file: programs that only run models do not link autograd. */
#include <torsh/autograd.h>

#include "module.h"

torsh_status_t torsh_module_zero_grad(torsh_module_t *m)
{
    if (!m)
        return torsh__nn_null("module_zero_grad", "module");
    for (int i = 0; i < m->n; i++) {
        const torsh__member_t *member = &m->members[i];
        if (member->kind == TORSH__PARAMETER && member->tensor && torsh_tensor_grad(member->tensor))
            TRY(torsh_tensor_set_grad(member->tensor, NULL));
        if (member->child)
            TRY(torsh_module_zero_grad(member->child));
    }
    return TORSH_OK;
}
