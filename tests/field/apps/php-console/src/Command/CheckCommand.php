<?php
namespace App\Command;

use App\Store;
use Symfony\Component\Console\Attribute\AsCommand;
use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Input\InputArgument;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Output\OutputInterface;
use Symfony\Component\Validator\Validation;

#[AsCommand(name: 'tea:check', description: 'Validates a list of teas')]
final class CheckCommand extends Command
{
    protected function configure(): void
    {
        $this->addArgument('file', InputArgument::REQUIRED);
    }

    protected function execute(InputInterface $input, OutputInterface $output): int
    {
        $validator = Validation::createValidatorBuilder()->enableAttributeMapping()->getValidator();
        $found = 0;
        foreach (Store::teas($input->getArgument('file')) as $tea) {
            foreach ($validator->validate($tea) as $violation) {
                $output->writeln("{$tea->name}: {$violation->getPropertyPath()}: {$violation->getMessage()}");
                $found++;
            }
        }
        return $found ? Command::FAILURE : Command::SUCCESS;
    }
}
