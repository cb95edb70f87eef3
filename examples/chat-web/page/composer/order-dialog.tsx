import { type FormEvent, useState } from 'react';
import type { Kinds } from '../account/session.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import form from '../ui/form.module.css';
import { euros } from '../ui/money.ts';

const GOODS = [
  { item: 'Brass pendant lamp, small', price: 89 },
  { item: 'Moving boxes, double-walled', price: 1.86 },
  { item: 'Coffee, Ethiopia, 1 kg', price: 28.5 },
  { item: 'Tide table, printed', price: 12 },
] as const;

const MAX_QUANTITY = 999;

/** Undefined while what was typed is no quantity. */
function quantityOf(typed: string): number | undefined {
  const quantity = typed.trim() === '' ? Number.NaN : Number(typed);
  return Number.isInteger(quantity) && quantity >= 1 && quantity <= MAX_QUANTITY ? quantity : undefined;
}

/** Makes a message of the kind `order`. */
export function OrderDialog(props: {
  readonly onClose: () => void;
  readonly onOrder: (order: Kinds['order']) => void;
}) {
  const [chosen, setChosen] = useState(0);
  // As it was typed: a field that corrects itself while somebody types makes 125 of 25.
  const [typed, setTyped] = useState('1');
  const { item, price } = GOODS[chosen] ?? GOODS[0];
  const quantity = quantityOf(typed);
  const total = quantity === undefined ? undefined : Math.round(price * quantity * 100) / 100;

  function submit(event: FormEvent): void {
    event.preventDefault();
    event.stopPropagation();
    if (quantity === undefined || total === undefined) return;
    props.onOrder({ orderId: `A-${1000 + Math.floor(Math.random() * 9000)}`, item, quantity, total });
  }

  return (
    <Dialog title="Send an order" onClose={props.onClose}>
      <form onSubmit={submit} className={form.form}>
        <div className={form.content}>
          <label className={form.field}>
            <span>Item</span>
            <select value={chosen} onChange={(event) => setChosen(Number(event.target.value))}>
              {GOODS.map((goods, index) => (
                <option key={goods.item} value={index}>
                  {goods.item}
                </option>
              ))}
            </select>
          </label>
          <label className={form.field}>
            <span>Quantity</span>
            <input
              type="number"
              min={1}
              max={MAX_QUANTITY}
              required
              value={typed}
              aria-invalid={quantity === undefined}
              aria-describedby="quantity-rule"
              onChange={(event) => setTyped(event.target.value)}
            />
          </label>
          <p id="quantity-rule" aria-live="polite">
            {total === undefined ? `A whole number from 1 to ${MAX_QUANTITY}, please.` : `Total ${euros(total)}`}
          </p>
        </div>
        <footer className={form.actions}>
          <Button onClick={props.onClose}>Cancel</Button>
          <Button type="submit" look="main">
            Send
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
