import { type FormEvent, useState } from 'react';
import type { Kinds } from '../../server/content.ts';
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

/** Makes a message of the kind `order`. */
export function OrderDialog(props: {
  readonly onClose: () => void;
  readonly onOrder: (order: Kinds['order']) => void;
}) {
  const [chosen, setChosen] = useState(0);
  const [quantity, setQuantity] = useState(1);
  const { item, price } = GOODS[chosen] ?? GOODS[0];
  const total = Math.round(price * quantity * 100) / 100;

  function submit(event: FormEvent): void {
    event.preventDefault();
    event.stopPropagation();
    props.onOrder({ orderId: `A-${1000 + Math.floor(Math.random() * 9000)}`, item, quantity, total });
  }

  return (
    <Dialog title="Send an order" onClose={props.onClose}>
      <form onSubmit={submit}>
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
              max={999}
              required
              value={quantity}
              onChange={(event) => setQuantity(Math.min(999, Math.max(1, Math.floor(event.target.valueAsNumber) || 1)))}
            />
          </label>
          <p>Total {euros(total)}</p>
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
